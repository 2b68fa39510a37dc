import { commands, Uri } from 'vscode';
import { readRunInfoLater } from '../../run-folder/run-info.ts';
import { copyOf } from '../../run-folder/source-states.ts';
import { fileName } from '../../text/files-by-name.ts';

/** Shows a file of two runs' reward code side by side, as the runs keep it. */
export async function showRewardDiff(run: string, other: string, name: string): Promise<void> {
  const [left, right] = await Promise.all([rewardCopy(run, name), rewardCopy(other, name)]);
  if (left === undefined || right === undefined) return;
  const title = `${name}: ${fileName(run)} ↔ ${fileName(other)}`;
  await commands.executeCommand('vscode.diff', Uri.file(left), Uri.file(right), title);
}

/** Where a run keeps its copy of a reward file; undefined where it has none. */
export async function rewardCopy(run: string, name: string): Promise<string | undefined> {
  const info = await readRunInfoLater(run);
  const source = info?.rewardSources?.find((candidate) => candidate.name === name);
  return source && copyOf(run, source);
}
