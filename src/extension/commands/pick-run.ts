import { window } from 'vscode';
import { rewardText } from '../../protocol/held-out.ts';
import type { Run } from '../../run-folder/read-run.ts';
import type { Lab } from '../lab.ts';
import type { RunNode } from '../workspace/run-node.ts';

/** The run that a command is about: of the tree's node, of the folder given, or the one chosen among those that fit. */
export async function pickRun(
  { runs }: Lab,
  given: unknown,
  title: string,
  fits: (run: Run) => boolean = () => true,
): Promise<Run | undefined> {
  const folder = folderOf(given);
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
  const items = found.map((run) => ({
    label: run.info.name,
    description: `${run.status} · ${run.info.step}/${run.info.config.maxSteps} · reward ${rewardText(run.lastReward)}`,
    detail: new Date(run.info.createdAt).toLocaleString(),
    run,
  }));
  const options = { title: `GRPO: ${title}`, placeHolder: 'Select a run', ignoreFocusOut: true };
  return (await window.showQuickPick(items, options))?.run;
}

export function folderOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  const node = given as RunNode | undefined;
  return node?.kind === 'run' || node?.kind === 'checkpoint' ? node.run.folder : undefined;
}
