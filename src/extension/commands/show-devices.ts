import { join } from 'node:path';
import { commands, type QuickPickItem, Uri, window } from 'vscode';
import type { Lab } from '../lab.ts';
import { childEnvironment, doctorFolder } from '../workspace/child-environment.ts';
import { GrpoCommand } from '../workspace/grpo-command.ts';
import { pickConfig } from '../workspace/pick-config.ts';
import { replaceText } from '../workspace/replace-text.ts';
import { withField } from '../workspace/with-field.ts';

const TITLE = 'GRPO: Show Devices';

/** What `grpo doctor --json` says of one. */
interface Device {
  name: string;
  works: boolean;
  detail: string;
}

interface Choice extends QuickPickItem {
  device: Device;
}

/** Lists where a model can be trained on this machine, and how to get what is missing. A device that works can be put into a run config. */
export async function showDevices({ context }: Lab): Promise<void> {
  const picker = window.createQuickPick<Choice>();
  Object.assign(picker, { title: TITLE, placeholder: 'Testing devices…', busy: true });
  Object.assign(picker, { matchOnDetail: true, ignoreFocusOut: true });
  let answer = '';
  const script = join(context.extensionPath, 'dist', 'grpo.js');
  const read = (line: string) => {
    answer += line;
  };
  const env = childEnvironment(context);
  const doctor = new GrpoCommand(script, ['doctor'], doctorFolder(context), read, { env });
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
    const { devices } = JSON.parse(answer) as { devices: Device[] };
    picker.items = devices.map((device) => ({
      label: `$(${device.works ? 'check' : 'circle-slash'}) ${device.name}`,
      detail: device.detail,
      device,
    }));
    picker.placeholder = 'Select a device that works to set it in a run config';
  } catch {
    // Dismissed before it had answered, or it failed.
    picker.placeholder = `Could not test the devices. ${lastWords}`;
  }
  picker.busy = false;
  const choice = await chosen;
  picker.dispose();
  if (choice) await use(choice.device);
}

async function use({ name, works, detail }: Device): Promise<void> {
  if (!works) {
    const actions = name === 'tensorflow' ? ['Set Up'] : [];
    const action = await window.showInformationMessage(`${name}: ${detail}`, ...actions);
    if (action) await commands.executeCommand('grpo.setUpTensorFlow');
    return;
  }
  const config = await pickConfig(undefined, `${TITLE}: "device": "${name}" in…`);
  if (config === undefined) return;
  await replaceText(config, (text) => withField(text, 'device', name));
  await window.showTextDocument(Uri.file(config));
}
