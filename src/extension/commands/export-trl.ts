import { basename, dirname, join } from 'node:path';
import { Uri, window, workspace } from 'vscode';
import { reasonIn } from '../../processes/reason-in.ts';
import { configName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { pickConfig } from '../workspace/pick-config.ts';
import { placeToOpen, wordsBesidePlace } from '../workspace/problem-place.ts';
import { pythonArgs } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { revealPath } from './open-run.ts';
import { runWithProgress } from './run-with-progress.ts';

/** Lets `grpo export trl` write a folder that trains a config with TRL. `given`: a config's Uri or path. */
export async function exportTrl(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode('Exporting to TRL', 'it loads the reward functions')) return;
  const config = await pickConfig(given, 'GRPO: Export to TRL');
  if (config === undefined) return;
  const name = configName(config);
  const target = await window.showSaveDialog({
    title: 'Folder for TRL',
    saveLabel: 'Export',
    defaultUri: Uri.file(join(dirname(config), `${name}-trl`)),
  });
  if (!target) return;
  await workspace.saveAll(false);
  const told = await exported(lab, config, target.fsPath);
  if (!told) return;
  const notes = told.notes.length > 0 ? ` ${told.notes.join(' ')}` : '';
  const choices = ['Open README', 'Show in Folder'] as const;
  const choice = await window.showInformationMessage(
    `${name} can be trained with TRL: ${basename(told.path)}.${notes}`,
    ...choices,
  );
  if (choice === 'Open README') await window.showTextDocument(Uri.file(join(told.path, 'README.md')));
  if (choice === 'Show in Folder') await revealPath(told.path);
}

/** What `grpo export trl --json` prints. */
interface Told {
  path: string;
  notes: string[];
}

/** Undefined when it was canceled, or failed and said so. */
async function exported(lab: Lab, config: string, target: string): Promise<Told | undefined> {
  const set = await pythonArgs(config, lab.interpreters);
  let told: Told | undefined;
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Exporting ${configName(config)} to TRL`,
    args: ['export', 'trl', config, '--out', target, ...set],
    cwd: dirname(config),
    onLine(line) {
      told = JSON.parse(line) as Told;
    },
  });
  if (cancelled || told) return told;
  const { problem, lastWords } = exit;
  lab.log.error(lastWords);
  const why = problem ? wordsBesidePlace(problem) : reasonIn(lastWords);
  const action = await window.showErrorMessage(
    `${configName(config)} could not be exported to TRL: ${why}`,
    ...(problem && placeToOpen(problem) ? ['Open'] : []),
  );
  if (action === 'Open') await lab.problems.open(problem!.place);
  return undefined;
}
