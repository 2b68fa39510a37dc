import type { MetricColumns } from '../protocol/metric-columns.ts';
import type { Remedy } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { figure, first, meanOf, newest, percent, spanOf } from './curve.ts';
import { setting } from './grpo-steps.ts';
import { unearned } from './reward-change.ts';
import type { RunHistory } from './run-history.ts';
import { slower } from './slower.ts';

const KEY = 'entropy';
const STEPS = 3;
/** The entropy has so much of what it was at first, or less. */
const COLLAPSED = 0.5;
/** A policy that has found out what is best is sure of it. A low entropy hurts while the reward is so far below the best completion. */
const UNEARNED = 0.2;
/** ... and groups become alike that are not the best: so many more than at first. */
const MORE_ALIKE = 0.15;

/** The policy is sure of completions that are not the best: it no longer tries others. */
export function entropyCollapse(history: RunHistory): RunFinding[] {
  const { metrics } = history;
  const [before, now] = [first(metrics, KEY, STEPS), newest(metrics, KEY, STEPS)];
  if (before.length < STEPS || now.length < STEPS || now[0]!.step <= before.at(-1)!.step) return [];
  const [was, is] = [meanOf(before), meanOf(now)];
  const open = unearned(history, STEPS) ?? 0;
  const alike = alikeIn(newest, metrics) - alikeIn(first, metrics);
  if (is > COLLAPSED * was || open < UNEARNED || !(alike >= MORE_ALIKE)) return [];
  return [
    {
      ...{ kind: 'entropy-collapse', severity: 'warning', title: 'The policy has stopped exploring' },
      evidence: `Entropy fell from ${figure(was)} nats per token in steps ${before[0]!.step} to ${before.at(-1)!.step} to ${figure(is)}. In ${percent(alikeIn(newest, metrics))} of the groups all completions earn the same and not the best; the mean reward is ${percent(open)} of the range of rewards below the best completion.`,
      ...{
        steps: spanOf(now),
        metrics: [KEY, 'groups/equal', 'groups/too_hard', 'reward'],
        remedy: remedyFor(history),
      },
    },
  ];
}

/** The share of groups whose completions earn the same, and not the best; NaN where the run does not say. */
function alikeIn(rows: typeof first, metrics: MetricColumns): number {
  return meanOf(rows(metrics, 'groups/equal', STEPS)) + meanOf(rows(metrics, 'groups/too_hard', STEPS));
}

function remedyFor(history: RunHistory): Remedy | undefined {
  const { entropyCoef } = history.config;
  if (entropyCoef !== undefined && entropyCoef < 0) return setting(history, 'entropyCoef', 0);
  return slower(history);
}
