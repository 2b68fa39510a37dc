import type { SourceLocation } from '../protocol/errors.ts';
import { askedPrompt } from '../protocol/prompt-prefix.ts';
import type { ScoreRequest, WorkerReply } from '../protocol/reward-worker.ts';
import type { RewardFailure, RewardOutcome, ScoreBatch } from '../protocol/rewards.ts';
import { defined } from '../text/defined.ts';
import { withoutFullStop } from '../text/full-stop.ts';
import { LoggedValues } from './logged-values.ts';
import { rowsByForm } from './rows-by-form.ts';
import { type Death, failureOf, type Verdict, type WorkerProcess } from './worker-process.ts';

export interface RewardWarning {
  message: string;
  at: SourceLocation;
}

/** What one function gave for a batch. `metrics` has null for numbers that were not finite. */
export interface FunctionScores {
  outcomes: RewardOutcome[];
  metrics: Record<string, (number | null)[]>;
  extra: Record<string, unknown[]>;
  totals: Record<string, number>;
  /** The user's own modules that the worker has loaded, beside those that the host compiled. */
  modules: string[];
  /** Calls on a whole batch that failed, where completions got a score alone. */
  retries: RewardWarning[];
  /** Completions that were given up when the limit for all of them was over. */
  givenUp: number;
  seconds: number;
}

/** Called with each row's outcome as soon as it is known; `seconds` is null where a whole batch is scored at once. */
export type OnOutcome = (row: number, outcome: RewardOutcome, seconds: number | null) => void;

/** Completions (by index) to be scored by one request. */
interface Part {
  rows: number[];
  concurrency: number;
  /** A batch function's call on one completion because the call on all failed. */
  isRetry?: boolean;
}

interface CallOptions {
  /** Whether it scores a row or a whole batch in one call. */
  kind: 'row' | 'batch';
  /** Whether a call gets prompts of one form, all text or all chats, as in TRL. */
  splitForms: boolean;
  timeoutSeconds: number;
  /** The place of failures that have none of their own. */
  declaration: { [Name in keyof SourceLocation]?: SourceLocation[Name] | undefined };
  onOutcome: OnOutcome;
  /** A worker ended before it called the function: no row fails of it. */
  onLost: (death: Death) => void;
}

/** Asynchronous rows of one function that are in flight at once, such as requests to a judge. */
const CONCURRENT_ROWS = 32;
/** What the calls of a batch function on one completion each may take together, in time limits of a call. */
const MOST_RETRY_TIME = 3;

/**
 * One function's work on one batch, over as many workers as it takes. Where the call of a batch function fails as a whole, the function is called
 * once more for each completion alone, so that a failure costs only the rows that it belongs to.
 */
export class FunctionCall {
  timedOut = false;
  #givenUp = false;
  readonly #outcomes: RewardOutcome[] = [];
  readonly #logged = new LoggedValues();
  #modules: string[] = [];
  readonly #name: string;
  readonly #batch: ScoreBatch;
  readonly #options: CallOptions;
  /** What is still to be requested. */
  readonly #parts: Part[];
  /** Rows of the request that have not begun, and those that have: their outcomes are what a worker may reply. */
  #waiting = new Set<number>();
  readonly #inFlight = new Set<number>();
  /** Outcomes of a batch function's call, until it is known whether it failed as a whole. */
  #ofBatch = new Map<number, RewardOutcome>();
  /** Why rows of a batch function are tried alone, and which. */
  readonly #wholeFailures: { failure: RewardFailure; rows: number[] }[] = [];
  /** In time limits of a call. */
  #retryTime = 0;

  constructor(name: string, batch: ScoreBatch, options: CallOptions) {
    this.#name = name;
    this.#batch = batch;
    this.#options = options;
    const rows = [...batch.completions.keys()];
    const parts = options.splitForms ? rowsByForm(batch.prompts) : [rows];
    this.#parts = parts.filter(({ length }) => length > 0).map((rows) => ({ rows, concurrency: CONCURRENT_ROWS }));
  }

  get scores(): Omit<FunctionScores, 'seconds' | 'givenUp'> {
    const { metrics, totals } = this.#logged;
    const extra = this.#logged.extra(this.#batch.completions.length);
    return { outcomes: this.#outcomes, metrics, extra, totals, modules: this.#modules, retries: this.#retries() };
  }

  get finished(): boolean {
    return this.#parts.length === 0;
  }

  /** Sends the next request and keeps what comes back. */
  async run(worker: WorkerProcess): Promise<void> {
    const part = this.#parts.shift()!;
    const isBatch = this.#options.kind === 'batch';
    this.#waiting = new Set(part.rows);
    this.#inFlight.clear();
    this.#ofBatch.clear();
    const request = isBatch ? this.#batchRequest(part) : this.#request(part);
    const rowOf = (index: number) => (isBatch ? (part.rows[index] ?? -1) : index);
    const { timeoutSeconds } = this.#options;
    const started = performance.now();
    const death = await worker.exchange(request, timeoutSeconds, (reply) => this.#take(reply, part, rowOf));
    const share = (performance.now() - started) / 1000 / timeoutSeconds;
    const hasBegun = this.#waiting.size < part.rows.length;
    if (this.#givenUp) return;
    if (death && !hasBegun) {
      // It was already on its way out.
      this.#parts.unshift(part);
      this.#options.onLost(death);
    } else if (isBatch) this.#afterBatch(part, death, share);
    else if (death) this.#parts.unshift(...this.#afterDeath(part, death));
  }

  /** Gives all rows that have no outcome yet this failure, and says how many they were; what a worker still says of them no longer counts. */
  giveUp(why: Death): number {
    this.#givenUp = true;
    this.#parts.length = 0;
    return this.#fail([...this.#batch.completions.keys()], why);
  }

  #request({ rows, concurrency }: Part): ScoreRequest {
    const { renderedPrompts = null, completions, columns, ...rest } = this.#batch;
    const prompts = this.#batch.prompts.map(askedPrompt);
    const { completionIds = null, trainerState = null, order } = rest;
    const { timeoutSeconds } = this.#options;
    return {
      ...{ type: 'score', name: this.#name, prompts, renderedPrompts, completions, completionIds, columns },
      ...{ trainerState, order, rows, concurrency, timeoutSeconds },
    };
  }

  /** With the part's rows alone. */
  #batchRequest(part: Part): ScoreRequest {
    const all = this.#request(part);
    const pick = <Value>(list: Value[]): Value[] => part.rows.map((row) => list[row]!);
    return {
      ...all,
      prompts: pick(all.prompts),
      renderedPrompts: all.renderedPrompts && pick(all.renderedPrompts),
      completions: pick(all.completions),
      completionIds: all.completionIds && pick(all.completionIds),
      columns: Object.fromEntries(Object.entries(all.columns).map(([name, values]) => [name, pick(values)])),
      rows: [...part.rows.keys()],
    };
  }

  #take(reply: WorkerReply, { rows }: Part, rowOf: (index: number) => number): Verdict {
    if (this.#givenUp) return reply.type === 'done' ? 'done' : 'more';
    if (reply.type === 'start') {
      // A batch function begins with all of its rows at once.
      const begun = this.#options.kind === 'batch' ? [...this.#waiting] : [reply.row];
      if (begun.length === 0 || !begun.every((row) => this.#waiting.delete(row))) return 'wrong';
      for (const row of begun) this.#inFlight.add(row);
      return 'more';
    }
    if (reply.type === 'outcome') {
      const row = rowOf(reply.row);
      if (!this.#inFlight.delete(row)) return 'wrong';
      if (this.#options.kind === 'batch') this.#ofBatch.set(row, reply.outcome);
      else this.#keep(row, reply.outcome, reply.seconds ?? null);
      this.timedOut ||= reply.outcome.kind === 'failure' && reply.outcome.failure === 'timeout';
      return 'more';
    }
    if (reply.type !== 'done' || this.#waiting.size + this.#inFlight.size > 0) return 'wrong';
    this.#modules = reply.modules ?? [];
    this.#logged.use(reply.totals);
    if (!this.#failedAsWhole()) this.#logged.add(rows, reply);
    return 'done';
  }

  /** Whether the call itself threw or ran out of memory, as opposed to what it gave for a row. */
  #failedAsWhole(): RewardFailure | undefined {
    const outcomes = [...this.#ofBatch.values()];
    const failures = outcomes.filter((outcome) => outcome.kind === 'failure');
    const thrown = failures.filter(({ failure }) => failure === 'throw' || failure === 'memory');
    return thrown.length > 0 && thrown.length === outcomes.length ? thrown[0] : undefined;
  }

  #afterBatch({ rows, isRetry }: Part, death: Death | undefined, share: number): void {
    const failure = death ? this.#placed(failureOf(death)) : this.#failedAsWhole();
    if (failure && rows.length > 1) {
      this.#wholeFailures.push({ failure, rows });
      // After the calls on whole batches that are left.
      this.#parts.push(...rows.map((row) => ({ rows: [row], concurrency: 1, isRetry: true })));
      return;
    }
    for (const [row, outcome] of this.#ofBatch) this.#keep(row, outcome, null);
    if (death) this.#fail(rows, death);
    if (isRetry) this.#retryTime += Math.min(1, share);
    if (this.#retryTime < MOST_RETRY_TIME || this.finished) return;
    const { timeoutSeconds } = this.#options;
    const message = `The function was not called on this completion alone: the calls before took ${MOST_RETRY_TIME} times its limit of ${timeoutSeconds} s together.`;
    this.giveUp({ failure: 'timeout', message });
  }

  /** Where rows did better alone; where none did, the failures themselves say all. */
  #retries(): RewardWarning[] {
    return this.#wholeFailures.flatMap(({ failure, rows }) => {
      const scored = rows.filter((row) => this.#outcomes[row]?.kind !== 'failure').length;
      if (scored === 0) return [];
      const { message, file = '', line, column } = failure;
      const why = `the call on ${rows.length} completions failed (${withoutFullStop(message)})`;
      const now = `called on each alone, it scored ${scored} of them, without the others to compare with`;
      return [{ message: `${this.#name}: ${why}; ${now}.`, at: { file, ...defined({ line, column }) } }];
    });
  }

  #keep(row: number, outcome: RewardOutcome, seconds: number | null): void {
    const placed = outcome.kind === 'failure' ? this.#placed(outcome) : outcome;
    this.#outcomes[row] = placed;
    this.#options.onOutcome(row, placed, seconds);
  }

  #placed(failure: RewardFailure): RewardFailure {
    return failure.file === undefined ? { ...failure, ...defined(this.#options.declaration) } : failure;
  }

  /** Gives those of the rows that have no outcome yet this failure, and says how many they were. */
  #fail(rows: number[], death: Death): number {
    const open = rows.filter((row) => this.#outcomes[row] === undefined);
    for (const row of open) this.#keep(row, failureOf(death), null);
    return open.length;
  }

  /**
   * A row that was alone in flight is to blame for the worker's death. Of several, nobody knows which: those are tried
   * again one at a time. Rows that were not reached continue as before.
   */
  #afterDeath({ rows, concurrency }: Part, death: Death): Part[] {
    const suspects = [...this.#inFlight];
    if (suspects.length === 1) this.#fail(suspects, death);
    const open = rows.filter((row) => this.#outcomes[row] === undefined);
    const alone = { rows: open.filter((row) => suspects.includes(row)), concurrency: 1 };
    const others = { rows: open.filter((row) => !suspects.includes(row)), concurrency };
    return [alone, others].filter((part) => part.rows.length > 0);
  }
}
