import { formatLocation, type SourceLocation } from '../protocol/errors.ts';
import type { RewardFailure, RewardOutcome, RewardStep, ScoreTable } from '../protocol/rewards.ts';
import type { RecordedFailure } from '../protocol/run-folder.ts';

/**
 * Each completion's reward: the sum over functions of weight times score. A function that abstained or failed is left out
 * and the weights are not renormalised (as TRL's nansum); null when no function gave a score.
 */
export function totalRewards({ columns }: ScoreTable): (number | null)[] {
  const rows = columns[0]?.outcomes.length ?? 0;
  return Array.from({ length: rows }, (_, row) => {
    const terms = columns.flatMap(({ weight, outcomes }) => {
      const outcome = outcomes[row]!;
      return outcome.kind === 'score' ? [weight * outcome.score] : [];
    });
    return terms.length === 0 ? null : terms.reduce((sum, term) => sum + term, 0);
  });
}

export const scoreOf = (outcome: RewardOutcome | undefined): number | null =>
  outcome?.kind === 'score' ? outcome.score : null;

export const stepsOf = (outcome: RewardOutcome | undefined): RewardStep[] =>
  outcome?.kind === 'score' ? (outcome.steps ?? []) : [];

/** A failure, and the function that failed. */
export type NamedFailure = RewardFailure & { name: string };

/** The first failure on each completion, in the order of the functions; undefined where none failed. */
export function rowFailures({ columns }: ScoreTable): (NamedFailure | undefined)[] {
  const rows = columns[0]?.outcomes ?? [];
  return rows.map((_, row) => {
    for (const { name, outcomes } of columns) {
      const outcome = outcomes[row]!;
      if (outcome.kind === 'failure') return { ...outcome, name };
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
