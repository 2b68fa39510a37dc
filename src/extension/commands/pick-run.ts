import { type QuickPickItem, window } from 'vscode';
import { trainedElsewhere } from '../../protocol/imported-run.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { shortTime } from '../../text/start-time.ts';
import type { Lab } from '../lab.ts';
import type { RunNode } from '../workspace/run-node.ts';
import { measureOf } from '../workspace/run-words.ts';

/** The run that a command is about: of the tree's node, of the folder given, the selected one, or the one chosen among those that fit. */
export async function pickRun(
  lab: Lab,
  given: unknown,
  title: string,
  fits: (run: Run) => boolean = () => true,
): Promise<Run | undefined> {
  const { runs } = lab;
  const folder = folderOf(isSelected(given) ? lab.tree.selection[0] : given);
  await runs.scanned;
  if (folder !== undefined) {
    const run = runs.get(folder);
    if (!run) void window.showInformationMessage(`${title}: run ${folder} no longer exists.`);
    return run;
  }
  const found = runs.runs.filter(fits);
  if (found.length === 0) {
    void window.showInformationMessage(`${title}: no matching run in this workspace.`);
    return undefined;
  }
  if (found.length === 1) return found[0];
  const options = { title: `GRPO: ${title}`, placeHolder: 'Select a run', ignoreFocusOut: true };
  return (await window.showQuickPick(found.map(runItem), options))?.run;
}

/** Several runs, chosen in a list. */
export async function pickRuns({ runs }: Lab, title: string, placeHolder: string): Promise<Run[] | undefined> {
  await runs.scanned;
  const options = { title: `GRPO: ${title}`, placeHolder, ignoreFocusOut: true, canPickMany: true } as const;
  return (await window.showQuickPick(runs.runs.map(runItem), options))?.map(({ run }) => run);
}

/** The runs that a command of the tree was chosen on: of several rows, where these are selected. */
export function runsOf({ runs, tree }: Lab, given: unknown, all: unknown): Run[] {
  const nodes: unknown[] = isSelected(given) ? [...tree.selection] : Array.isArray(all) ? all : [given];
  // A checkpoint that is selected does not stand for its run.
  const folders = new Set(nodes.flatMap((node) => (isCheckpoint(node) ? [] : (folderOf(node) ?? []))));
  return [...folders].flatMap((folder) => runs.get(folder) ?? []);
}

const isCheckpoint = (node: unknown): boolean => (node as RunNode | undefined)?.kind === 'checkpoint';

/** Says so of a run that another program trained: it can be neither continued nor started again from here. */
export function isTrainedElsewhere({ name, info: { imported } }: Run): boolean {
  if (imported) void window.showInformationMessage(`${name}: ${trainedElsewhere(imported)}`);
  return imported !== undefined;
}

export function folderOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  const node = given as RunNode | undefined;
  return node?.kind === 'run' || node?.kind === 'checkpoint' ? node.run.folder : undefined;
}

/** What key bindings of the view give, as VS Code gives them nothing of a view. */
export const isSelected = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && 'selected' in given && given.selected === true;

function runItem(run: Run): QuickPickItem & { run: Run } {
  const { status, info } = run;
  const parts = [status, `${info.step}/${info.config.maxSteps}`, measureOf(run), shortTime(info.createdAt)];
  return { label: run.name, description: parts.filter((part) => part !== undefined).join(' · '), run };
}
