import { formatLocation } from '../protocol/errors.ts';
import type { RewardOutcome, ScoreTable } from '../protocol/rewards.ts';

type Failure = Extract<RewardOutcome, { kind: 'failure' }>;

/** The first failure on each row, in the order of the functions; undefined where none failed. */
export function rowFailures({ columns }: ScoreTable, rows: number): ({ name: string; failure: Failure } | undefined)[] {
  return Array.from({ length: rows }, (_, row) => {
    for (const { name, outcomes } of columns) {
      const failure = outcomes[row]!;
      if (failure.kind === 'failure') return { name, failure };
    }
    return undefined;
  });
}

/** `rewards/sort.reward.ts:12:7: ordering: digits is not iterable`. */
export function describeFailure({ name, failure }: { name: string; failure: Failure }): string {
  const { file, line, column, message } = failure;
  const where =
    file === undefined ? '' : `${formatLocation({ file, ...(line && { line }), ...(column && { column }) })}: `;
  return `${where}${name}: ${message}`;
}
