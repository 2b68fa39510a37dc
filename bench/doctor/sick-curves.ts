/** Runs whose curves go wrong. */
import type { SickRun } from './sick-run.ts';

export const SICK_CURVES: readonly SickRun[] = [
  {
    kind: 'all-truncated',
    cause: '`maxCompletionLength` is too small',
    sample: 'sort',
    config: { maxCompletionLength: 2 },
  },
];
