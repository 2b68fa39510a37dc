import type { RunFinding } from '../protocol/run-finding.ts';
import { figure, medianOf, newest, spanOf } from './curve.ts';
import type { RunHistory } from './run-history.ts';
import { slower } from './slower.ts';

const KEY = 'kl';
const STEPS = 3;
/** Nats per token: at 2, the policy gives an average token more than seven times the probability that the reference gives it. */
const FAR = 2;

/** The policy leaves the reference model behind: what that knew is lost. */
export function klRunaway(history: RunHistory): RunFinding[] {
  const points = newest(history.metrics, KEY, STEPS);
  if (points.length < STEPS || Math.min(...points.map(({ value }) => value)) < FAR) return [];
  const { first, last } = spanOf(points);
  return [
    {
      ...{ kind: 'kl-runaway', severity: 'warning', title: 'The policy runs away from its reference model' },
      evidence: `In steps ${first} to ${last}, the KL divergence was ${figure(medianOf(points))} nats per token: hardly anything of the reference model is left.`,
      ...{ steps: { first, last }, metrics: [KEY, 'reward'], remedy: slower(history) },
    },
  ];
}
