import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const command = join(import.meta.dirname, '../../../dist/grpo.js');

/** Trains with the `grpo` command, for tests that need a run to look at and not its making. Returns the run folder. */
export function makeRun(workspace: string, config: string, set: Record<string, unknown>): string {
  const before = new Set(runFolders(workspace));
  const options = Object.entries(set).flatMap(([name, value]) => ['--set', `${name}=${JSON.stringify(value)}`]);
  execFileSync(process.execPath, [command, 'train', join(workspace, config), ...options], { stdio: 'pipe' });
  return runFolders(workspace).find((folder) => !before.has(folder))!;
}

/** Oldest first. A folder is a run once it says what it is a run of. */
export function runFolders(workspace: string): string[] {
  const runs = join(workspace, '.grpo/runs');
  try {
    return readdirSync(runs)
      .sort()
      .map((name) => join(runs, name))
      .filter((run) => existsSync(join(run, 'run.json')));
  } catch {
    return [];
  }
}

export const readRunInfo = (
  folder: string,
): {
  name: string;
  state: string;
  step: number;
  device: string;
  config: Record<string, unknown>;
  changes?: unknown[];
} => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));

/** The rewards of all steps, as the trainer wrote them. */
export const readRewards = (folder: string): number[] =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>)
    .filter(({ reward }) => typeof reward === 'number')
    .map(({ reward }) => reward!);

export const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
