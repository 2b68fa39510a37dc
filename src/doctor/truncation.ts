import { setField } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import type { RunHistory } from './run-history.ts';
import { trailing } from './trailing.ts';

/** Steps in a row before it counts: a first step may be unlucky. */
const STEPS = 3;
const KEY = 'completions/clipped_ratio';

/** Every completion reaches the limit: rewards judge fragments. */
export function truncation({ config, metrics }: RunHistory): RunFinding[] {
  const stretch = trailing(metrics, KEY, (share) => share === 1);
  if (!stretch || stretch.length < STEPS) return [];
  const limit = config.maxCompletionLength;
  const { first, last } = stretch.steps;
  return [
    {
      kind: 'all-truncated',
      severity: 'error',
      title: 'Every completion is cut off',
      evidence: `In steps ${first} to ${last}, every completion was cut off${limit === undefined ? '' : ` at ${limit} tokens`}, so rewards judge fragments.`,
      steps: stretch.steps,
      metrics: [KEY],
      ...(limit !== undefined && { remedy: setField('maxCompletionLength', 2 * limit) }),
    },
  ];
}
