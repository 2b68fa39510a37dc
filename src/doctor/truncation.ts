import type { Remedy } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { longerCompletions } from './completion-room.ts';
import { meanOf, newest, percent } from './curve.ts';
import { setting } from './grpo-steps.ts';
import type { RunHistory } from './run-history.ts';
import { trailing } from './trailing.ts';

/** Steps in a row before it counts: a first step may be unlucky. */
const STEPS = 3;
/** One in a hundred that ends changes nothing. */
const NEARLY_ALL = 0.98;
/** Cut off more often than this over some steps, a run learns to be brief rather than to be right. */
const OFTEN = 0.25;
const OFTEN_STEPS = 6;
const KEY = 'completions/clipped_ratio';

/** Completions reach the limit: rewards judge fragments. */
export function truncation(history: RunHistory): RunFinding[] {
  const { config, metrics } = history;
  const at = config.maxCompletionLength === undefined ? '' : ` at ${config.maxCompletionLength} tokens`;
  const stretch = trailing(metrics, KEY, (share) => share >= NEARLY_ALL);
  if (stretch && stretch.length >= STEPS) {
    const { first, last } = stretch.steps;
    const every = trailing(metrics, KEY, (share) => share === 1)?.length === stretch.length ? 'every' : 'nearly every';
    const finding: RunFinding = {
      ...{
        kind: 'all-truncated',
        severity: 'error',
        title: `${every === 'every' ? 'Every' : 'Nearly every'} completion is cut off`,
      },
      evidence: `In steps ${first} to ${last}, ${every} completion was cut off${at}, so rewards judge fragments.`,
      ...{ steps: stretch.steps, metrics: [KEY], remedy: longer(history, 1) },
    };
    return [finding];
  }
  const often = trailing(metrics, KEY, (share) => share > OFTEN);
  if (!often || often.length < OFTEN_STEPS) return [];
  const share = meanOf(newest(metrics, KEY, OFTEN_STEPS));
  return [
    {
      ...{ kind: 'often-truncated', severity: 'warning', title: 'Many completions are cut off' },
      evidence: `In the last ${OFTEN_STEPS} steps, ${percent(share)} of the completions were cut off${at}: what they would have said is not rewarded.`,
      ...{ steps: often.steps, metrics: [KEY], remedy: longer(history, share) },
    },
  ];
}

/** A limit at which few completions are cut off. */
export function longer(history: RunHistory, truncated: number): Remedy | undefined {
  const { config, metrics, room } = history;
  const cap = config.maxCompletionLength;
  const mean = newest(metrics, 'completions/mean_length', 1).at(0)?.value;
  if (cap === undefined || mean === undefined) return undefined;
  const tokens = longerCompletions({ cap, truncated, mean }, config, room);
  return tokens === undefined ? undefined : setting(history, 'maxCompletionLength', tokens);
}
