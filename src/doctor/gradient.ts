import type { RunFinding } from '../protocol/run-finding.ts';
import { figure, medianOf, newest } from './curve.ts';
import { setting } from './grpo-steps.ts';
import type { RunHistory } from './run-history.ts';

const KEY = 'grad_norm';
/** Steps that the median is taken over, steps that may be the spike, and the fewest to compare with. */
const ROWS = { all: 50, newest: 5, fewest: 5 };
/** So many times the median. Within a healthy run the norm varies by a factor of ten as groups with a signal become few. */
const SPIKE = 30;

/** A gradient far larger than those before it. Clipped to `maxGradNorm` it does little harm. */
export function gradientSpike(history: RunHistory): RunFinding[] {
  const { config, metrics } = history;
  // A step without a learning signal has no gradient.
  const points = newest(metrics, KEY, ROWS.all).filter(({ value }) => value > 0);
  const before = points.slice(0, -ROWS.newest);
  if (points.length < ROWS.fewest + 1) return [];
  const spike = points.slice(Math.max(ROWS.fewest, before.length)).toSorted((a, b) => b.value - a.value)[0]!;
  const usual = medianOf(points.filter(({ step }) => step < spike.step));
  if (spike.value < SPIKE * usual) return [];
  const limit = config.maxGradNorm;
  const clipped = limit !== undefined && limit > 0 && limit < spike.value;
  return [
    {
      kind: 'gradient-spike',
      severity: clipped || limit === undefined ? 'information' : 'warning',
      title: 'A gradient is far larger than usual',
      evidence: `In step ${spike.step}, the gradient's norm was ${figure(spike.value)}, ${Math.round(spike.value / usual)} times the median of the steps before (${figure(usual)})${clipped ? `; it was clipped to ${limit}` : ''}.`,
      steps: { first: spike.step, last: spike.step },
      metrics: [KEY],
      ...(limit === 0 && { remedy: setting(history, 'maxGradNorm', 1) }),
    },
  ];
}
