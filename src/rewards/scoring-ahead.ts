import type { RewardOutcome, ScoreBatch, ScoreTable } from '../protocol/rewards.ts';
import type { FunctionScores } from './function-call.ts';
import { sumOfTotals } from './totals.ts';

/** What of an opened reward function is called. */
export interface CalledFunction {
  name: string;
  /** Whether it scores a completion or a whole batch in one call. */
  kind: 'row' | 'batch';
  call(batch: ScoreBatch): Promise<FunctionScores>;
}

/** Scores a batch whose completions come one after another, as they are written. */
export interface ScoringAhead<Item> {
  /** A completion that will be at `row` of the batch. */
  add: (row: number, item: Item) => void;
  /** The scores of the whole batch. What was not added is scored now, by functions of whole batches all of it. */
  finish(items: readonly Item[]): Promise<ScoreTable>;
}

/**
 * The work ahead of one function that scores completions one by one. While a call runs, further completions wait, and the next call takes
 * them all: a call costs a message each way, and of several at once an asynchronous function awaits many together.
 */
export class RowsAhead<Item> {
  readonly #function: CalledFunction;
  readonly #batchOf: (items: readonly Item[]) => ScoreBatch;
  readonly #done: FunctionScores[] = [];
  readonly #outcomes = new Map<number, RewardOutcome>();
  #waiting: { row: number; item: Item }[] = [];
  #running: Promise<void> | undefined;

  constructor(rewardFunction: CalledFunction, batchOf: (items: readonly Item[]) => ScoreBatch) {
    this.#function = rewardFunction;
    this.#batchOf = batchOf;
  }

  add(row: number, item: Item): void {
    this.#waiting.push({ row, item });
    if (this.#running) return;
    this.#running = this.#scoreWaiting();
    // `finish` hears of it; where nobody finishes, the run has ended for another reason.
    this.#running.catch(() => {});
  }

  async finish(items: readonly Item[]): Promise<FunctionScores> {
    await this.#running;
    this.#waiting = items.flatMap((item, row) => (this.#outcomes.has(row) ? [] : [{ row, item }]));
    await this.#scoreWaiting();
    return {
      outcomes: items.map((_, row) => this.#outcomes.get(row)!),
      // Functions that score completions one by one log nothing.
      metrics: {},
      extra: {},
      totals: sumOfTotals(this.#done.map(({ totals }) => totals)),
      modules: this.#done.at(-1)?.modules ?? [],
      retries: this.#done.flatMap(({ retries }) => retries),
      givenUp: 0,
      seconds: this.#done.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  }

  async #scoreWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#waiting;
      this.#waiting = [];
      const scores = await this.#function.call(this.#batchOf(taken.map(({ item }) => item)));
      for (const [index, { row }] of taken.entries()) this.#outcomes.set(row, scores.outcomes[index]!);
      this.#done.push(scores);
    }
    this.#running = undefined;
  }
}
