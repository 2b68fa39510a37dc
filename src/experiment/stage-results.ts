import type { Experiment } from '../config/load-experiment.ts';
import { mean } from '../grpo/statistics.ts';
import type { ExperimentRunResult, RewardRange, StageResult } from '../protocol/experiment-results.ts';
import { heldOutRewardKey, heldOutRewardName } from '../protocol/held-out.ts';
import { stageSpans } from '../protocol/stage-spans.ts';
import { MetricsTail } from '../run-folder/metrics-tail.ts';

/**
 * What a setting's runs earned on the held-out prompts before their first stage and at the end of each: over those that are done. None of runs without
 * stages. What was not measured has no row: rejection sampling leaves the policy as it is.
 */
export async function stageResultsOf(
  { loaded: { config } }: Experiment['settings'][number],
  runs: readonly ExperimentRunResult[],
): Promise<StageResult[]> {
  const spans = stageSpans(config);
  const folders = runs.flatMap(({ folder, state }) => (state === 'done' && folder !== null ? [folder] : []));
  if (spans.length === 0 || folders.length === 0) return [];
  const measured = await Promise.all(folders.map(heldOutBySteps));
  const ends = [{ name: null, step: 0 }, ...spans.map(({ name, last }) => ({ name, step: last }))];
  return ends.flatMap(({ name, step }) => {
    const rows = measured.flatMap((bySteps) => bySteps.get(step) ?? []);
    if (rows.length === 0) return [];
    const functions = [...new Set(rows.flatMap(({ rewards }) => Object.keys(rewards)))];
    const rewards = functions.map((fn) => [fn, rangeOf(rows.map((row) => row.rewards[fn] ?? null))]);
    return [{ name, step, reward: rangeOf(rows.map(({ reward }) => reward)), rewards: Object.fromEntries(rewards) }];
  });
}

interface HeldOutRow {
  reward: number | null;
  rewards: Record<string, number | null>;
}

/** The evaluations of a run. */
async function heldOutBySteps(folder: string): Promise<Map<number, HeldOutRow>> {
  const tail = new MetricsTail(folder);
  await tail.read();
  const { columns } = tail;
  const at = (key: string, row: number) => {
    const value = columns.values(key)?.[row];
    return value === undefined || Number.isNaN(value) ? null : value;
  };
  const functions = columns.keys.flatMap((key) => heldOutRewardName(key) ?? []);
  const rows = Array.from({ length: columns.length }, (_, row) => {
    const rewards = functions.map((name) => [name, at(heldOutRewardKey(name), row)]);
    return [columns.steps[row]!, { reward: at('eval_reward', row), rewards: Object.fromEntries(rewards) }] as const;
  });
  return new Map(rows.filter(([, { reward }]) => reward !== null));
}

function rangeOf(values: readonly (number | null)[]): RewardRange | null {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return null;
  return { mean: mean(present)!, low: Math.min(...present), high: Math.max(...present) };
}
