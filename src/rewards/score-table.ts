import type { RewardFailure, RewardOutcome, RewardStep, ScoreTable } from '../protocol/rewards.ts';

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

/** The first function's failure on a completion, if any failed there. */
export function failureOfRow({ columns }: ScoreTable, row: number): (RewardFailure & { name: string }) | undefined {
  for (const { name, outcomes } of columns) {
    const outcome = outcomes[row]!;
    if (outcome.kind === 'failure') return { ...outcome, name };
  }
  return undefined;
}

/** The share of completions on which at least one function failed; 0 for an empty table. */
export function failedShare(table: ScoreTable): number {
  const rows = table.columns[0]?.outcomes ?? [];
  return rows.filter((_, row) => failureOfRow(table, row)).length / Math.max(1, rows.length);
}
