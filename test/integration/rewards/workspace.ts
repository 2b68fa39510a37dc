import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { statOf } from '../../../src/processes/linux.ts';
import type { RewardOutcome, ScoreBatch } from '../../../src/protocol/rewards.ts';
import {
  openRewards,
  type RewardOptions,
  type RewardSet,
  type RewardSource,
} from '../../../src/rewards/open-rewards.ts';

/** The built worker: `npm test` builds before it tests. */
export const workerPath = join(import.meta.dirname, '../../../dist/reward-worker.js');

export const pythonMissing = spawnSync('python3', ['--version']).status !== 0;

/** A folder with these files (path: text), removed after the test. */
export function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-rewards-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

type Limits = Partial<Omit<RewardOptions, 'workerPath'>>;

/** Opens rewards and closes them after the test. */
export async function open(sources: RewardSource[], limits: Limits = {}): Promise<RewardSet> {
  const set = await openRewards(sources, { workerPath, timeoutSeconds: 30, ...limits });
  onTestFinished(() => set.close());
  return set;
}

/** Opens one file of a fresh folder, `source` being its text. */
export const openText = (name: string, source: string, limits?: Limits): Promise<RewardSet> =>
  open([{ file: join(folderWith({ [name]: source }), name) }], limits);

export const batchOf = (completions: string[], columns: ScoreBatch['columns'] = {}): ScoreBatch => ({
  prompts: completions.map(() => 'the prompt'),
  completions,
  columns,
});

/** The outcomes of a set's only function. */
export async function outcomesOf(set: RewardSet, batch: ScoreBatch): Promise<RewardOutcome[]> {
  const { columns } = await set.score(batch);
  return columns[0]!.outcomes;
}

/** Outcomes in short: the score, null, or the kind of failure. */
export const brief = (outcomes: RewardOutcome[]): (number | string | null)[] =>
  outcomes.map((outcome) =>
    outcome.kind === 'score' ? outcome.score : outcome.kind === 'abstain' ? null : outcome.failure,
  );

/** Whether a process still runs; one that ended but was not yet reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const stat = statOf(pid);
    return stat !== undefined && stat !== 'ended';
  } catch {
    return false;
  }
}

/** Gives whether it has come to be so, within a time that only a failure takes. */
export async function until(condition: () => boolean): Promise<boolean> {
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return condition();
}
