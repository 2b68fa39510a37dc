import { mean } from '../grpo/statistics.ts';

/** The one figure by which runs are compared. */
export interface RunMeasure {
  /** The last reward on held-out prompts where that was measured, else the mean of the last steps' training rewards. */
  kind: 'held-out' | 'training';
  reward: number;
  /** After which step. */
  step: number;
  /** The highest on held-out prompts, or the highest mean of as many steps in a row. */
  best: number;
  bestStep: number;
}

/** Rewards of single steps are noisy: the mean of the last ones says where a run is. */
export const RECENT_STEPS = 10;

/** In order of their steps; values may be NaN or null, where a row has none. */
export interface MeasuredSteps {
  steps: ArrayLike<number>;
  reward: ArrayLike<number | null> | undefined;
  evalReward: ArrayLike<number | null> | undefined;
  length: number;
}

/** Undefined before there is any reward. */
export function runMeasure({ steps, reward, evalReward, length }: MeasuredSteps): RunMeasure | undefined {
  const heldOut = best(pointsOf(evalReward, steps, length), 1);
  if (heldOut) return { kind: 'held-out', ...heldOut };
  const training = best(pointsOf(reward, steps, length), RECENT_STEPS);
  return training && { kind: 'training', ...training };
}

/** What the measure is, in a view that shows its number. */
export const measureText = ({ kind }: Pick<RunMeasure, 'kind'>): string =>
  kind === 'held-out' ? 'held-out reward' : `reward (mean of last ${RECENT_STEPS} steps)`;

interface Point {
  step: number;
  value: number;
}

function pointsOf(values: ArrayLike<number | null> | undefined, steps: ArrayLike<number>, length: number): Point[] {
  const points: Point[] = [];
  for (let row = 0; values && row < length; row++) {
    const value = values[row];
    if (typeof value === 'number' && Number.isFinite(value)) points.push({ step: steps[row]!, value });
  }
  return points;
}

/** The last and the highest mean of `window` points in a row; of all, where there are fewer. */
function best(points: readonly Point[], window: number): Omit<RunMeasure, 'kind'> | undefined {
  const newest = points.at(-1);
  if (!newest) return undefined;
  const width = Math.min(window, points.length);
  let sum = points.slice(0, width).reduce((total, { value }) => total + value, 0);
  let highest = { best: sum / width, bestStep: points[width - 1]!.step };
  for (let end = width; end < points.length; end++) {
    sum += points[end]!.value - points[end - width]!.value;
    if (sum / width > highest.best) highest = { best: sum / width, bestStep: points[end]!.step };
  }
  const reward = mean(points.slice(-width).map(({ value }) => value))!;
  return { reward, step: newest.step, ...highest, best: Math.max(highest.best, reward) };
}
