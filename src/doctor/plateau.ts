import type { RunFinding } from '../protocol/run-finding.ts';
import { figure, meanOf, newest, type Point, percent, spanOf } from './curve.ts';
import { unearned } from './reward-change.ts';
import type { RunHistory } from './run-history.ts';

/** Steps over which the reward does not rise. */
const STEPS = 40;
/** From this many on it is more than a note, unless held-out prompts say otherwise. */
const LONG = 100;
/** So far below the best completion: a run that has converged at its best is done, not stuck. */
const UNEARNED = 0.25;
/** Groups have a signal, so that there is something to learn from. */
const SIGNAL = 0.5;
const HELD_OUT = 'eval_reward';

/** The reward has stopped rising, far from the best, although there is a signal. */
export function plateau(history: RunHistory): RunFinding[] {
  const { metrics } = history;
  const points = newest(metrics, 'reward', LONG);
  const enough = points.length >= STEPS && meanOf(newest(metrics, 'groups/signal', STEPS)) >= SIGNAL;
  const below = unearned(history, STEPS) ?? 0;
  if (!enough || below < UNEARNED) return [];
  // A long run tells more than its last steps, in which a slow rise is lost in the noise.
  const flat = points.length >= LONG ? points : points.slice(-STEPS);
  const heldOut = newest(metrics, HELD_OUT, flat.length);
  if (!isFlat(flat) || (heldOut.length >= 4 && !isFlat(heldOut))) return [];
  const { first, last } = spanOf(flat);
  return [
    {
      kind: 'plateau',
      severity: flat.length >= LONG ? 'warning' : 'information',
      title: 'The reward has stopped rising',
      evidence: `From step ${first} to ${last}, the reward did not rise (mean ${figure(meanOf(flat))}), although groups have a learning signal and it is ${percent(below)} of the range of rewards below the best completion${heldOut.length >= 2 ? '; nor did that of held-out prompts' : ''}.`,
      steps: { first, last },
      metrics: ['reward', ...(heldOut.length > 0 ? [HELD_OUT] : [])],
    },
  ];
}

/** The newer half is not above the older one by more than chance, as the points vary within each. */
function isFlat(points: readonly Point[]): boolean {
  const half = points.length >> 1;
  const [old, young] = [points.slice(0, half), points.slice(half)];
  const error = Math.sqrt(variance(old) / old.length + variance(young) / young.length);
  return meanOf(young) - meanOf(old) <= 1.5 * error;
}

function variance(points: readonly Point[]): number {
  const mean = meanOf(points);
  return points.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / Math.max(points.length - 1, 1);
}
