import { formatLocation, type SourceLocation } from '../protocol/errors.ts';
import type { RewardColumn, RewardFailure, RewardOutcome, RewardStep, ScoreTable } from '../protocol/rewards.ts';
import type { RecordedFailure, RolloutRow } from '../protocol/run-folder.ts';

export const scoreOf = (outcome: RewardOutcome | undefined): number | null =>
  outcome?.kind === 'score' ? outcome.score : null;

export const stepsOf = (outcome: RewardOutcome | undefined): RewardStep[] =>
  outcome?.kind === 'score' ? (outcome.steps ?? []) : [];

/** One function's outcomes, one per completion; undefined where it has not scored it yet. */
export type OutcomeColumn = Pick<RewardColumn, 'name' | 'weight'> & {
  outcomes: readonly (RewardOutcome | undefined)[];
};

/** Scores and scored steps, `[row][function]`, as credit is assigned from them; of a row that is null, none. */
export function scoresByRow(columns: readonly OutcomeColumn[], rows: Iterable<number | null>) {
  const outcomes = Array.from(rows, (row) =>
    columns.map((column) => (row === null ? undefined : column.outcomes[row])),
  );
  return {
    scores: outcomes.map((row) => row.map(scoreOf)),
    steps: outcomes.map((row) => row.map(stepsOf)),
    /** One per function. */
    weights: columns.map(({ weight }) => weight),
  };
}

/** A failure, and the function that failed. */
export type NamedFailure = RewardFailure & { name: string };

/** The first failure on each completion, in the order of the functions; undefined where none failed. */
export function rowFailures({
  columns,
}: {
  columns: readonly Pick<OutcomeColumn, 'name' | 'outcomes'>[];
}): (NamedFailure | undefined)[] {
  const rows = columns[0]?.outcomes ?? [];
  return rows.map((_, row) => {
    for (const { name, outcomes } of columns) {
      const outcome = outcomes[row];
      if (outcome?.kind === 'failure') return { ...outcome, name };
    }
    return undefined;
  });
}

/** `rewards/sort.reward.ts:12:7: ordering: digits is not iterable`. */
export const describeFailure = (failure: NamedFailure): string =>
  `${placeWords(failure)}${failure.name}: ${failure.message}`;

/** `rewards/sort.reward.ts:12:7: `, as far as it is known. */
export function placeWords(failure: RewardFailure): string {
  const place = placeOf(failure);
  return place ? `${formatLocation(place)}: ` : '';
}

/** A failure for the records of a run. */
export const recordedFailure = (failure: NamedFailure): RecordedFailure => ({
  ...{ name: failure.name, kind: failure.failure, message: failure.message, place: placeOf(failure) },
});

/** Where a function failed, as far as it is known. */
export const placeOf = ({ file, line, column }: RewardFailure): SourceLocation | undefined =>
  file === undefined ? undefined : { file, line, column };

/** The share of completions on which at least one function failed; 0 for an empty table. */
export function failedShare(table: ScoreTable): number {
  const failures = rowFailures(table);
  return failures.filter((failure) => failure).length / Math.max(1, failures.length);
}

/** What the functions say of a completion besides their scores, if any says something. */
export function detailsOf({ columns }: ScoreTable, row: number): RolloutRow['details'] {
  const details: NonNullable<RolloutRow['details']> = {};
  for (const { name, outcomes } of columns) {
    const outcome = outcomes[row]!;
    if (outcome.kind !== 'score' || (outcome.reason === undefined && outcome.extracted === undefined)) continue;
    const { reason, extracted } = outcome;
    details[name] = { ...(reason !== undefined && { reason }), ...(extracted !== undefined && { extracted }) };
  }
  return Object.keys(details).length > 0 ? details : undefined;
}
