import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Uri, window, workspace } from 'vscode';
import { reasonIn } from '../../processes/reason-in.ts';
import { badInputText } from '../../protocol/errors.ts';
import { importedLine } from '../../protocol/imported-run.ts';
import { RUN_FILES } from '../../protocol/run-folder.ts';
import { configName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { childEnvironment } from '../workspace/child-environment.ts';
import { findConfigs } from '../workspace/find-files.ts';
import { type CommandExit, GrpoCommand } from '../workspace/grpo-command.ts';
import { pickFolder } from '../workspace/pick-folder.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { writablePlace } from '../workspace/writable-place.ts';

const TITLE = 'GRPO: Open Run Folder';

/**
 * Shows the run in a folder, wherever it is. The output folder of a training with TRL, verl or prime-rl becomes a run of this workspace, and is followed for as long
 * as it trains. `given`: the folder's Uri or path.
 */
export async function openRunFolder(lab: Lab, given?: unknown): Promise<void> {
  const source = await folderToOpen(given);
  if (source === undefined) return;
  if (existsSync(join(source, RUN_FILES.info))) {
    (await lab.dashboards()).open(source);
    return;
  }
  if (!mayRunCode('Importing a run', 'it writes into this workspace')) return;
  const home = await pickFolder('Open the folder first that the run is to be shown in: it gets a .grpo folder.');
  if (home === undefined) return;
  await writablePlace(join(home, '.grpo', 'runs', 'trl'));
  const config = await configOf(source);
  if (config !== undefined) await follow(lab, source, home, config);
}

async function folderToOpen(given: unknown): Promise<string | undefined> {
  if (given instanceof Uri) return given.fsPath;
  if (typeof given === 'string') return given;
  const [folder] =
    (await window.showOpenDialog({
      title: TITLE,
      openLabel: 'Open Run Folder',
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return folder?.fsPath;
}

/** The run config that says what its completions can be scored with, and where the prompts' other columns are; null: none, undefined: dismissed. */
async function configOf(source: string): Promise<string | null | undefined> {
  const files = await findConfigs();
  if (files.length === 0) return null;
  const items = files
    .map(({ fsPath }) => ({
      label: configName(fsPath),
      description: workspace.asRelativePath(fsPath),
      file: fsPath as string | null,
    }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const none = { label: 'None', description: 'only look at the run', file: null };
  const placeHolder = `Which run config has the rewards and the dataset of ${basename(source)}?`;
  return (await window.showQuickPick([...items, none], { title: TITLE, placeHolder, ignoreFocusOut: true }))?.file;
}

/** Those that are followed from this window, by the folder that is read. */
const followed = new Map<string, GrpoCommand>();

/** Settled when its dashboard is open, or it cannot be. */
async function follow(lab: Lab, source: string, home: string, config: string | null): Promise<void> {
  // One that is followed already may have got another config.
  followed.get(source)?.stop();
  await followed.get(source)?.exited;
  const { extensionPath, subscriptions } = lab.context;
  const args = ['import', source, '--follow', ...(config === null ? [] : ['--config', config])];
  let opened = Promise.resolve();
  const command = new GrpoCommand(
    join(extensionPath, 'dist', 'grpo.js'),
    args,
    home,
    (line) => {
      const { data } = importedLine.safeParse(JSON.parse(line));
      if (data) opened = show(lab, data.run);
    },
    { env: childEnvironment(lab.context) },
  );
  followed.set(source, command);
  // When the window closes, it ends with it.
  subscriptions.push(command);
  void command.exited.then(async (exit) => {
    subscriptions.splice(subscriptions.indexOf(command), 1);
    if (followed.get(source) === command) followed.delete(source);
    await opened;
    if (!exit.ok) reportFailure(lab, exit);
  });
}

async function show({ runs, dashboards }: Lab, run: string): Promise<void> {
  await runs.scan();
  (await dashboards()).open(run);
}

function reportFailure({ log }: Lab, { problem, lastWords }: CommandExit): void {
  log.error(lastWords);
  void window.showErrorMessage(problem ? badInputText(problem) : reasonIn(lastWords));
}
