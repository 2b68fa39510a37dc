import { batchOf, type RenderedSample } from '../preview/sample-scores.ts';
import type { AnswerOrder, RewardColumn, ScoreTable } from '../protocol/rewards.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { sumOfTotals } from '../rewards/totals.ts';

/** Scores of completions by function, and of "total", the weighted sum; null where one failed or abstained. */
export type Scores = Map<string, (number | null)[]>;

/** A completion to score with the columns of a sample. */
export interface Tried {
  sample: RenderedSample;
  completion: string;
}

export interface ScoringOptions {
  /** What each function may take for the whole audit. */
  limitSeconds: number;
  /** Hears how many completions the functions have scored, of how many that are known to be scored. */
  onProgress: (done: number, of: number) => void;
}

/**
 * Scores completions group by group, the completions of one prompt together, as in training: batch functions get no more than they do there. A function
 * that has used up its time is not called again.
 */
export class Scoring {
  readonly #rewards: RewardSet;
  readonly #options: ScoringOptions;
  readonly #left: Map<string, number>;
  #done = 0;
  #of = 0;

  constructor(rewards: RewardSet, options: ScoringOptions) {
    this.#rewards = rewards;
    this.#options = options;
    this.#left = new Map(rewards.functions.map(({ name }) => [name, options.limitSeconds]));
  }

  /** Announces completions that will be scored, for the progress. */
  plan(completions: number): void {
    this.#of += completions * this.#rewards.functions.length;
    this.#options.onProgress(this.#done, this.#of);
  }

  /** One column per function, over all groups. */
  async score(groups: readonly Tried[][]): Promise<RewardColumn[]> {
    return (await this.table(groups)).columns;
  }

  /** The same with what functions count; judges that compare completions see each group in this order. */
  async table(groups: readonly Tried[][], order?: AnswerOrder): Promise<Pick<ScoreTable, 'columns' | 'totals'>> {
    let totals: Record<string, number> = {};
    const columns = this.#rewards.functions.map(
      ({ name, weight }): RewardColumn => ({ name, weight, outcomes: [], seconds: 0 }),
    );
    for (const group of groups) {
      const tried = batchOf(group.map(({ sample, completion }) => ({ ...sample, completion })));
      const batch = { ...(order && { order }), ...tried };
      const table = await this.#rewards.score(batch, {
        onOutcome: () => this.#options.onProgress(++this.#done, this.#of),
        limitSeconds: (name) => this.#left.get(name)!,
      });
      totals = sumOfTotals([totals, table.totals]);
      for (const [k, { name, outcomes, seconds, givenUp = 0 }] of table.columns.entries()) {
        const column = columns[k]!;
        column.outcomes.push(...outcomes);
        column.seconds += seconds;
        if (givenUp > 0) column.givenUp = (column.givenUp ?? 0) + givenUp;
        this.#left.set(name, givenUp > 0 ? 0 : Math.max(0, this.#left.get(name)! - seconds));
      }
    }
    return { columns, totals };
  }
}

/** A total of which a part was given up says nothing; other failures and abstentions leave the rest of it, as in training. */
export function scoresOf(columns: readonly RewardColumn[]): Scores {
  const scores: Scores = new Map(
    columns.map(({ name, outcomes }) => [
      name,
      outcomes.map((outcome) => (outcome.kind === 'score' ? outcome.score : null)),
    ]),
  );
  const rows = columns[0]?.outcomes.length ?? 0;
  const total = Array.from({ length: rows }, (_, row) => {
    if (columns.some(({ outcomes, givenUp }) => givenUp && outcomes[row]!.kind === 'failure')) return null;
    const parts = columns.flatMap(({ name, weight }) => {
      const score = scores.get(name)![row];
      return score === null || score === undefined ? [] : [weight * score];
    });
    return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0);
  });
  return scores.set('total', total);
}

/** The same columns with their rows in another order. */
export const reordered = (columns: readonly RewardColumn[], rows: readonly number[]): RewardColumn[] =>
  columns.map((column) => ({ ...column, outcomes: rows.map((row) => column.outcomes[row]!) }));
