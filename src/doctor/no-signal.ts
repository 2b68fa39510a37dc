import type { MetricColumns } from '../protocol/metric-columns.ts';
import type { Remedy } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { meanOf, newest, percent } from './curve.ts';
import { setting } from './grpo-steps.ts';
import { unearned } from './reward-change.ts';
import type { RunHistory } from './run-history.ts';
import { trailing } from './trailing.ts';
import { longer } from './truncation.ts';

const SIGNAL = 'groups/signal';
/** What TRL says of the same. */
const EQUAL = 'frac_reward_zero_std';
/** Steps in a row without any. With few prompts in a step this may be chance: it is a finding once so many groups had none, or so many steps. */
const STEPS = 3;
const GROUPS = { warning: 12, error: 40 };
const MANY_STEPS = 10;
/** With a signal in fewer groups than this over some steps, most of the time is spent on nothing. */
const FEW = 0.25;
const FEW_STEPS = 8;
/** Of a longer stretch, the newest rows. */
const MOST_ROWS = 200;
/** So near the best completion, in shares of the range of rewards, a prompt is solved. */
const NEAR = 0.05;
/** Below it, completions are nearly greedy. */
const COLD = 0.5;

type Cause = 'too_easy' | 'too_hard' | 'equal' | 'truncated' | 'abstained' | 'failed';
const WORDS: Record<Cause, string> = {
  too_easy: 'all of its completions got the best reward',
  too_hard:
    'all of its completions got the worst reward; use easier prompts, or a reward that also rewards partial success',
  equal: 'all of its completions got the same reward',
  truncated: 'all of its completions were cut off, and got the same reward',
  abstained: 'the reward functions abstained',
  failed: 'reward functions failed',
};
const CAUSES = Object.keys(WORDS) as Cause[];

/** No group has a learning signal, or few have one. */
export function noSignal(history: RunHistory): RunFinding[] {
  const { config, metrics } = history;
  const [key, without] = metrics.values(SIGNAL) ? [SIGNAL, 0] : [EQUAL, 1];
  const none = trailing(metrics, key, (share) => share === without);
  const groups = (none?.length ?? 0) * (config.promptsPerStep ?? 1);
  const many = none && none.length >= MANY_STEPS;
  if (!none || none.length < STEPS || (groups < GROUPS.warning && !many)) return fewSignals(history);
  const cause = mainCause(metrics, none.length);
  const span = `steps ${none.steps.first} to ${none.steps.last}`;
  const common = {
    kind: 'no-signal',
    steps: none.steps,
    metrics: [key, 'reward', ...(cause ? [`groups/${cause}`] : [])],
  };
  if (isSolved(history, none.length, cause))
    return [
      {
        ...{ ...common, severity: 'information', title: 'Every prompt is solved' },
        evidence: `In ${span}, every group got the best reward that this run has seen: there is nothing left to learn from these prompts.`,
      },
    ];
  return [
    {
      ...{
        ...common,
        severity: many || groups >= GROUPS.error ? 'error' : 'warning',
        title: 'No group has a learning signal',
      },
      evidence: `In ${span}, no group had a learning signal${cause ? `: in most, ${WORDS[cause]}` : ''}.`,
      ...remedyFor(history, cause),
    },
  ];
}

function fewSignals(history: RunHistory): RunFinding[] {
  const { config, metrics } = history;
  const points = newest(metrics, SIGNAL, FEW_STEPS);
  const share = meanOf(points);
  if (points.length < FEW_STEPS || share >= FEW) return [];
  const cause = mainCause(metrics, FEW_STEPS);
  const isEasy = cause === 'too_easy' || isSolved(history, FEW_STEPS, cause);
  const canSample = config.dynamicSampling === null && share > 0 && cause !== 'failed' && cause !== 'abstained';
  return [
    {
      ...{ kind: 'weak-signal', severity: isEasy ? 'information' : 'warning' },
      title: isEasy ? 'Most prompts are solved' : 'Few groups have a learning signal',
      evidence: `In the last ${FEW_STEPS} steps, ${percent(share)} of the groups had a learning signal${cause ? `: in most others, ${WORDS[cause]}` : ''}.`,
      steps: { first: points[0]!.step, last: points.at(-1)!.step },
      metrics: [SIGNAL, ...(cause ? [`groups/${cause}`] : [])],
      ...(cause === 'truncated'
        ? remedyFor(history, cause)
        : canSample && { remedy: setting(history, 'dynamicSampling', {}) }),
    },
  ];
}

/** Why most groups of the newest rows have none; undefined where the run does not say. */
function mainCause(metrics: MetricColumns, rows: number): Cause | undefined {
  const shares = CAUSES.map((cause) => ({
    cause,
    points: newest(metrics, `groups/${cause}`, Math.min(rows, MOST_ROWS)),
  }));
  const known = shares.filter(({ points }) => points.length > 0);
  return known.toSorted((a, b) => meanOf(b.points) - meanOf(a.points))[0]?.cause;
}

/** Completions got the best reward that there was while groups still had a signal. When all of a step are equal, the step alone does not tell. */
const isSolved = (history: RunHistory, rows: number, cause: Cause | undefined): boolean =>
  (cause === undefined || cause === 'equal' || cause === 'too_easy') &&
  (unearned(history, Math.min(rows, MOST_ROWS)) ?? 1) <= NEAR;

function remedyFor(history: RunHistory, cause: Cause | undefined): { remedy?: Remedy | undefined } {
  const { temperature } = history.config;
  if (cause === 'truncated') return { remedy: longer(history, 1) };
  if (cause === 'failed') return { remedy: { action: 'fix-reward' } };
  const cold = temperature !== undefined && temperature < COLD;
  return cold && cause !== 'abstained' ? { remedy: setting(history, 'temperature', 1) } : {};
}
