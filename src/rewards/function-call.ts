import type { SourceLocation } from '../protocol/errors.ts';
import type { ScoreRequest, WorkerReply } from '../protocol/reward-worker.ts';
import type { RewardOutcome, ScoreBatch } from '../protocol/rewards.ts';
import { withoutFullStop } from '../text/full-stop.ts';
import type { Death, Verdict, WorkerProcess } from './worker-process.ts';

export interface RewardWarning {
  message: string;
  at: SourceLocation;
}

/** What one function gave for a batch. `metrics` has null for numbers that were not finite. */
export interface FunctionScores {
  outcomes: RewardOutcome[];
  metrics: Record<string, (number | null)[]>;
  extra: Record<string, unknown[]>;
  /** The user's own modules that the worker has loaded, beside those that the host compiled. */
  modules: string[];
  seconds: number;
}

/** Called with each row's outcome as soon as it is known; `seconds` is null where a whole batch is scored at once. */
export type OnOutcome = (row: number, outcome: RewardOutcome, seconds: number | null) => void;

/** Completions (by index) to be scored by one request. */
interface Part {
  rows: number[];
  concurrency: number;
}

interface CallOptions {
  /** Whether it scores a row or a whole batch in one call. */
  kind: 'row' | 'batch';
  timeoutSeconds: number;
  /** The place of failures that have none of their own. */
  declaration: { [Name in keyof SourceLocation]?: SourceLocation[Name] | undefined };
  onOutcome: OnOutcome;
  onWarning: (warning: RewardWarning) => void;
  /** A worker ended before it called the function: no row fails of it. */
  onLost: (death: Death) => void;
}

/** Asynchronous rows of one function that are in flight at once, such as requests to a judge. */
const CONCURRENT_ROWS = 32;
/** Rows of a batch function that may time out one after the other when they are tried alone, before the rest is given up. */
const MOST_TIMEOUTS = 3;

type Failed = Extract<RewardOutcome, { kind: 'failure' }>;

/**
 * One function's work on one batch, over as many workers as it takes. Where the call of a batch function fails as a whole, the function is called
 * once more for each completion alone, so that a failure costs only the rows that it belongs to.
 */
export class FunctionCall {
  readonly scores: Omit<FunctionScores, 'seconds'> = { outcomes: [], metrics: {}, extra: {}, modules: [] };
  timedOut = false;
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
  /** Why the rows of a batch function are tried alone. */
  #wholeFailure: Failed | undefined;
  #timeouts = 0;

  constructor(name: string, batch: ScoreBatch, options: CallOptions) {
    this.#name = name;
    this.#batch = batch;
    this.#options = options;
    const rows = batch.completions.map((_, row) => row);
    this.#parts = rows.length === 0 ? [] : [{ rows, concurrency: CONCURRENT_ROWS }];
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
    const death = await worker.exchange(request, this.#options.timeoutSeconds, (reply) => this.#take(reply, rowOf));
    const hasBegun = this.#waiting.size < part.rows.length;
    if (death && !hasBegun) {
      // It was already on its way out.
      this.#parts.unshift(part);
      this.#options.onLost(death);
    } else if (isBatch) this.#afterBatch(part, death);
    else if (death) this.#parts.unshift(...this.#afterDeath(part, death));
    if (this.finished) this.#tellOfRetry();
  }

  /** Gives all rows that have no outcome yet this failure. */
  giveUp(why: Death): void {
    this.#parts.length = 0;
    this.#fail([...this.#batch.completions.keys()], why);
    this.#tellOfRetry();
  }

  #request({ rows, concurrency }: Part): ScoreRequest {
    const { prompts, renderedPrompts = null, completions, columns, ...rest } = this.#batch;
    const { completionIds = null, trainerState = null } = rest;
    const { timeoutSeconds } = this.#options;
    return {
      ...{ type: 'score', name: this.#name, prompts, renderedPrompts, completions, completionIds, columns },
      ...{ trainerState, rows, concurrency, timeoutSeconds },
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

  #take(reply: WorkerReply, rowOf: (index: number) => number): Verdict {
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
    this.scores.modules = reply.modules ?? [];
    if (!this.#failedAsWhole()) {
      append(this.scores.metrics, reply.metrics);
      append(this.scores.extra, reply.extra);
    }
    return 'done';
  }

  /** Whether the call itself threw or ran out of memory, as opposed to what it gave for a row. */
  #failedAsWhole(): Failed | undefined {
    const outcomes = [...this.#ofBatch.values()];
    const failures = outcomes.filter((outcome) => outcome.kind === 'failure');
    const thrown = failures.filter(({ failure }) => failure === 'throw' || failure === 'memory');
    return thrown.length > 0 && thrown.length === outcomes.length ? thrown[0] : undefined;
  }

  #afterBatch({ rows }: Part, death: Death | undefined): void {
    const failure: Failed | undefined = death ? this.#placed(failureOf(death)) : this.#failedAsWhole();
    if (failure && rows.length > 1) {
      this.#wholeFailure = failure;
      this.#parts.unshift(...rows.map((row) => ({ rows: [row], concurrency: 1 })));
      return;
    }
    for (const [row, outcome] of this.#ofBatch) this.#keep(row, outcome, null);
    if (death) this.#fail(rows, death);
    this.#timeouts = failure?.failure === 'timeout' ? this.#timeouts + 1 : 0;
    if (this.#timeouts < MOST_TIMEOUTS || this.finished) return;
    const { timeoutSeconds } = this.#options;
    const message = `The function was not called on this completion alone: the ${MOST_TIMEOUTS} before it took longer than ${timeoutSeconds} s each.`;
    this.giveUp({ failure: 'timeout', message });
  }

  /** Where rows did better alone; where none did, the failures themselves say all. */
  #tellOfRetry(): void {
    if (!this.#wholeFailure) return;
    const { message, file = '', line, column } = this.#wholeFailure;
    this.#wholeFailure = undefined;
    const all = this.scores.outcomes.length;
    const scored = this.scores.outcomes.filter(({ kind }) => kind !== 'failure').length;
    if (scored === 0) return;
    this.#options.onWarning({
      message: `${this.#name}: the call on ${all} completions failed (${withoutFullStop(message)}); called again on each alone, it failed on ${all - scored} of them.`,
      at: { file, ...defined({ line, column }) },
    });
  }

  #keep(row: number, outcome: RewardOutcome, seconds: number | null): void {
    const placed = outcome.kind === 'failure' ? this.#placed(outcome) : outcome;
    this.scores.outcomes[row] = placed;
    this.#options.onOutcome(row, placed, seconds);
  }

  #placed(failure: Failed): Failed {
    return failure.file === undefined ? { ...failure, ...defined(this.#options.declaration) } : failure;
  }

  /** Gives those of the rows that have no outcome yet this failure. */
  #fail(rows: number[], death: Death): void {
    const outcome = failureOf(death);
    for (const row of rows) if (this.scores.outcomes[row] === undefined) this.#keep(row, outcome, null);
  }

  /**
   * A row that was alone in flight is to blame for the worker's death. Of several, nobody knows which: those are tried
   * again one at a time. Rows that were not reached continue as before.
   */
  #afterDeath({ rows, concurrency }: Part, death: Death): Part[] {
    const suspects = [...this.#inFlight];
    if (suspects.length === 1) this.#fail(suspects, death);
    const open = rows.filter((row) => this.scores.outcomes[row] === undefined);
    const alone = { rows: open.filter((row) => suspects.includes(row)), concurrency: 1 };
    const others = { rows: open.filter((row) => !suspects.includes(row)), concurrency };
    return [alone, others].filter((part) => part.rows.length > 0);
  }
}

/** A worker's end as that of a row. */
const failureOf = ({ failure, message, file, line, column }: Death): Failed => ({
  ...{ kind: 'failure', failure, message },
  ...defined({ file, line, column }),
});

/** Adds the lists of `more` to those of the same names. */
function append<Value>(lists: Record<string, Value[]>, more: Record<string, Value[]>): void {
  for (const [name, values] of Object.entries(more)) lists[name] = [...(lists[name] ?? []), ...values];
}

/** Without the fields that are undefined. */
export function defined<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
