import type { RunFinding } from '../protocol/run-finding.ts';
import { newest, spanOf } from './curve.ts';
import type { RunHistory } from './run-history.ts';

/** Clip ratios, TRL's names; `cispo` has its own. */
const KEYS = ['clip_ratio/region_mean', 'cispo_clip_ratio'];
const STEPS = { onPolicy: 5, offPolicy: 10 };

/** Clip ratios are 0 throughout: with one update per rollout they cannot be anything else. A note, since nothing is wrong with it. */
export function neverClips({ config, metrics }: RunHistory): RunFinding[] {
  const key = KEYS.find((name) => metrics.values(name));
  const { numIterations, numMiniBatches = 1, replay = null } = config;
  if (key === undefined || numIterations === undefined) return [];
  const onPolicy = numIterations === 1 && numMiniBatches === 1 && replay === null;
  const steps = onPolicy ? STEPS.onPolicy : STEPS.offPolicy;
  const points = newest(metrics, key, steps);
  if (points.length < steps || points.some(({ value }) => value !== 0)) return [];
  return [
    {
      ...{ kind: 'never-clips', severity: 'information', title: 'No token is ever clipped' },
      evidence: onPolicy
        ? 'Clip ratios are always 0 because each step makes one update ("numIterations" 1, "numMiniBatches" 1): the policy that learns is the one that sampled, all probability ratios are 1, and "epsilon" has no effect.'
        : `In the last ${steps} steps, the probability ratio of no token left the clip range, although each step makes several updates: they are small, and "epsilon" has no effect.`,
      ...{ steps: spanOf(points), metrics: [key] },
    },
  ];
}
