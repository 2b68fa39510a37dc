import { join } from 'node:path';
import { commands, type QuickPickItem, QuickPickItemKind, Uri, window, workspace } from 'vscode';
import type { Lab } from '../lab.ts';
import { childEnvironment, doctorFolder } from '../workspace/child-environment.ts';
import { GrpoCommand } from '../workspace/grpo-command.ts';
import { pickConfig } from '../workspace/pick-config.ts';
import { replaceText } from '../workspace/replace-text.ts';
import { editorPython } from '../workspace/trl-request.ts';
import { withField } from '../workspace/with-field.ts';

const TITLE = 'GRPO: Show Devices';

/** What `grpo doctor --json` says of a device, and of TRL. */
interface Examined {
  works: boolean;
  detail: string;
}

interface Diagnosis {
  devices: (Examined & { name: string })[];
  trl: Examined & { advice: string[]; environment: { versions: Record<string, string> } | null };
}

interface Choice extends QuickPickItem {
  use?: () => Promise<void>;
}

/** Lists where a model can be trained on this machine, and how to get what is missing. A device that works can be put into a run config. */
export async function showDevices({ context, interpreters }: Lab): Promise<void> {
  const picker = window.createQuickPick<Choice>();
  Object.assign(picker, { title: TITLE, placeholder: 'Testing devices…', busy: true });
  Object.assign(picker, { matchOnDetail: true, ignoreFocusOut: true });
  let answer = '';
  const script = join(context.extensionPath, 'dist', 'grpo.js');
  const read = (line: string) => {
    answer += line;
  };
  const cwd = doctorFolder(context);
  const python = workspace.isTrusted ? await editorPython(cwd, interpreters) : {};
  const env = { ...childEnvironment(context), ...python };
  const doctor = new GrpoCommand(script, ['doctor'], cwd, read, { env });
  const chosen = new Promise<Choice | undefined>((resolve) => {
    picker.onDidAccept(() => picker.activeItems[0] && resolve(picker.activeItems[0]));
    picker.onDidHide(() => {
      doctor.dispose();
      resolve(undefined);
    });
  });
  picker.show();
  const { lastWords } = await doctor.exited;
  try {
    picker.items = choices(JSON.parse(answer) as Diagnosis);
    picker.placeholder = 'Select a device that works to set it in a run config';
  } catch {
    // Dismissed before it had answered, or it failed.
    picker.placeholder = `Could not test the devices. ${lastWords}`;
  }
  picker.busy = false;
  const choice = await chosen;
  picker.dispose();
  await choice?.use?.();
}

function choices({ devices, trl }: Diagnosis): Choice[] {
  const setUp: Record<string, string | undefined> = {
    tensorflow: 'grpo.setUpTensorFlow',
    // With TRL, it is not set-up that is missing.
    cuda: trl.works ? undefined : 'grpo.setUpTrl',
  };
  const forDevices = devices.map(
    ({ name, works, detail }): Choice => ({
      ...{ label: label(works, name), detail },
      use: () => (works ? putInto('device', name) : offer(`${name}: ${detail}`, setUp[name])),
    }),
  );
  return [...forDevices, { label: 'Backend', kind: QuickPickItemKind.Separator }, choiceOfTrl(trl)];
}

function choiceOfTrl({ works, detail, advice, environment }: Diagnosis['trl']): Choice {
  const versions = environment?.versions ?? {};
  const found = ['trl', 'torch'].flatMap((name) => (versions[name] ? `${name} ${versions[name]}` : []));
  const missing = advice.join(' ');
  return {
    label: label(works, 'TRL'),
    description: found.join(', '),
    detail: missing || detail,
    use: () => (works ? putInto('backend', 'trl') : offer(`TRL: ${missing || detail}`, 'grpo.setUpTrl')),
  };
}

const label = (works: boolean, name: string): string => `$(${works ? 'check' : 'circle-slash'}) ${name}`;

/** Says why something does not work, with a button for the command that sets it up, if there is one. */
async function offer(why: string, setUp: string | undefined): Promise<void> {
  const action = await window.showInformationMessage(why, ...(setUp ? ['Set Up'] : []));
  if (setUp && action) await commands.executeCommand(setUp);
}

async function putInto(field: string, value: string): Promise<void> {
  const config = await pickConfig(undefined, `${TITLE}: "${field}": "${value}" in…`);
  if (config === undefined) return;
  await replaceText(config, (text) => withField(text, field, value));
  await window.showTextDocument(Uri.file(config));
}
