// zod/mini, because the dashboard's bundle carries it too.
import * as z from 'zod/mini';

const evaluated = z.object({ step: z.int().check(z.minimum(0)), reward: z.number() });

/** Mean rewards of completions of the held-out prompts, always the same ones: before the run, or as early as it was measured, and last. */
export const heldOut = z.object({ first: evaluated, last: evaluated });
export type HeldOut = z.infer<typeof heldOut>;

/** The metric of a reward function's mean over the held-out completions. */
export const heldOutRewardKey = (name: string): string => `eval_rewards/${name}/mean`;
/** The function that such a metric is of; undefined of another metric. */
export const heldOutRewardName = (key: string): string | undefined => /^eval_rewards\/(.+)\/mean$/s.exec(key)?.[1];

/** What is read of a row of metrics. */
interface EvaluatedRow {
  step: number;
  eval_reward?: number | null;
}

/** What the rows of a run's metrics say of it; undefined where it was not measured at two steps. */
export function heldOutOf(rows: Iterable<EvaluatedRow>): HeldOut | undefined {
  let first: HeldOut['first'] | undefined;
  let last: HeldOut['first'] | undefined;
  for (const { step, eval_reward: reward } of rows) {
    if (typeof reward !== 'number') continue;
    last = { step, reward };
    first ??= last;
  }
  return first && last && first.step < last.step ? { first, last } : undefined;
}

/** A reward as people read it. */
export const rewardText = (reward: number | null | undefined): string =>
  typeof reward === 'number' ? reward.toFixed(2) : '–';

/** `held-out reward 0.31 → 0.74`, else `reward 1.50 → 6.50` of the first and the last step; undefined where there is neither. */
export function rewardChange(
  measured: HeldOut | undefined,
  training: { first: number | null; last: number | null },
): string | undefined {
  if (measured) return `held-out reward ${rewardText(measured.first.reward)} → ${rewardText(measured.last.reward)}`;
  if (training.last === null) return undefined;
  return `reward ${rewardText(training.first)} → ${rewardText(training.last)}`;
}
