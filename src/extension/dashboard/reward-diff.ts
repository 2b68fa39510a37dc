import { resolve, sep } from 'node:path';
import { commands, Uri } from 'vscode';
import { readRunInfoLater } from '../../run-folder/run-info.ts';
import { fileName } from '../../text/files-by-name.ts';

/** Shows a file of two runs' reward code side by side, as the runs keep it. */
export async function showRewardDiff(run: string, other: string, name: string): Promise<void> {
  const [left, right] = await Promise.all([copyOf(run, name), copyOf(other, name)]);
  if (left && right)
    await commands.executeCommand('vscode.diff', left, right, `${name}: ${fileName(run)} ↔ ${fileName(other)}`);
}

async function copyOf(run: string, name: string): Promise<Uri | undefined> {
  const info = await readRunInfoLater(run);
  const source = info?.rewardSources?.find((candidate) => candidate.name === name);
  if (!source) return undefined;
  const copy = resolve(run, source.copy);
  // A run.json from elsewhere could name any file.
  return copy.startsWith(run + sep) ? Uri.file(copy) : undefined;
}
