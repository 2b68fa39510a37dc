import { first, meanOf, newest } from './curve.ts';
import type { RunHistory } from './run-history.ts';

/** A change has to be so many times what chance makes of means over so many completions. */
const ERRORS = 3;
/** Less, of the standard deviation of completions, does not matter even where it is no chance. */
const SMALL = 0.2;
/** Of a run that does not say how many completions a step has. */
const COMPLETIONS = 32;
/** Rows in which to look for the best and the worst completion. */
const SEEN = { first: 20, newest: 200 };

/** How a reward changed from the first `rows` steps to the newest: undefined where it is not known, 0 where it may be chance. */
export function rewardChange({ config, metrics }: RunHistory, rows: number, name?: string): number | undefined {
  const [mean, std] = name === undefined ? ['reward', 'reward_std'] : [`rewards/${name}/mean`, `rewards/${name}/std`];
  const [before, after] = [first(metrics, mean, rows), newest(metrics, mean, rows)];
  if (before.length === 0 || after.length === 0) return undefined;
  const { promptsPerStep, numGenerations } = config;
  const completions = promptsPerStep && numGenerations ? promptsPerStep * numGenerations : COMPLETIONS;
  const deviation = meanOf([...first(metrics, std, rows), ...newest(metrics, std, rows)]);
  const change = meanOf(after) - meanOf(before);
  const error = deviation * Math.sqrt((1 / before.length + 1 / after.length) / completions);
  return Math.abs(change) <= Math.max(ERRORS * error, SMALL * deviation) ? 0 : change;
}

/** Functions of the reward that pay less than in the first `rows` steps, by more than chance. */
export const fallenFunctions = (history: RunHistory, rows: number): string[] =>
  history.functions
    .filter(({ name, weight }) => weight > 0 && (rewardChange(history, rows, name) ?? 0) < 0)
    .map(({ name }) => name);

/** How far the reward of the newest `rows` steps is below the best completion seen, as a share of the range from the worst one; undefined where all are alike. */
export function unearned({ metrics }: RunHistory, rows: number): number | undefined {
  const seen = (key: string) => [...first(metrics, key, SEEN.first), ...newest(metrics, key, SEEN.newest)];
  const best = Math.max(...seen('reward_max').map(({ value }) => value));
  const worst = Math.min(...seen('reward_min').map(({ value }) => value));
  return best > worst ? (best - meanOf(newest(metrics, 'reward', rows))) / (best - worst) : undefined;
}
