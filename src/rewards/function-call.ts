import type { SourceLocation } from '../protocol/errors.ts';
import type { ScoreRequest, WorkerReply } from '../protocol/reward-worker.ts';
import type { RewardOutcome, ScoreBatch } from '../protocol/rewards.ts';
import type { Death, WorkerProcess } from './worker-process.ts';

/** What one function gave for a batch. `metrics` has null for numbers that were not finite. */
export interface FunctionScores {
  outcomes: RewardOutcome[];
  metrics: Record<string, (number | null)[]>;
  extra: Record<string, unknown[]>;
  seconds: number;
}

/** Is told of each row's outcome as soon as it is there; `seconds` is null where a whole batch is scored at once. */
export type OnOutcome = (row: number, outcome: RewardOutcome, seconds: number | null) => void;

/** Completions (by index) to be scored by one request. */
export interface Part {
  rows: number[];
  concurrency: number;
}

interface CallOptions {
  timeoutSeconds: number;
  /** The place of failures that have none of their own. */
  declaration: { [Name in keyof SourceLocation]?: SourceLocation[Name] | undefined };
  onOutcome: OnOutcome;
}

/** One function's work on one batch, over as many workers as it takes. */
export class FunctionCall {
  readonly scores: Omit<FunctionScores, 'seconds'> = { outcomes: [], metrics: {}, extra: {} };
  timedOut = false;
  readonly #name: string;
  readonly #batch: ScoreBatch;
  readonly #options: CallOptions;
  readonly #inFlight = new Set<number>();

  constructor(name: string, batch: ScoreBatch, options: CallOptions) {
    this.#name = name;
    this.#batch = batch;
    this.#options = options;
  }

  /** Sends one request and keeps what comes back; returns why the worker died, if it did. */
  run(worker: WorkerProcess, { rows, concurrency }: Part): Promise<Death | undefined> {
    this.#inFlight.clear();
    const { timeoutSeconds } = this.#options;
    const {
      prompts,
      renderedPrompts = null,
      completions,
      columns,
      completionIds = null,
      trainerState = null,
    } = this.#batch;
    const request: ScoreRequest = {
      type: 'score',
      name: this.#name,
      prompts,
      renderedPrompts,
      completions,
      completionIds,
      columns,
      trainerState,
      rows,
      concurrency,
      timeoutSeconds,
    };
    return worker.exchange(request, timeoutSeconds, (reply) => this.#take(reply));
  }

  #take(reply: WorkerReply): boolean {
    if (reply.type === 'start') this.#inFlight.add(reply.row);
    if (reply.type === 'outcome') {
      this.#inFlight.delete(reply.row);
      this.#keep(reply.row, reply.outcome, reply.seconds ?? null);
      this.timedOut ||= reply.outcome.kind === 'failure' && reply.outcome.failure === 'timeout';
    }
    if (reply.type === 'done') {
      Object.assign(this.scores.metrics, reply.metrics);
      Object.assign(this.scores.extra, reply.extra);
    }
    return reply.type === 'done';
  }

  #keep(row: number, outcome: RewardOutcome, seconds: number | null): void {
    const placed =
      outcome.kind === 'failure' && outcome.file === undefined
        ? { ...outcome, ...defined(this.#options.declaration) }
        : outcome;
    this.scores.outcomes[row] = placed;
    this.#options.onOutcome(row, placed, seconds);
  }

  /** Gives the rows that have no outcome yet this failure. */
  fail(rows: number[], { failure, message, file, line, column }: Death): void {
    const outcome = { kind: 'failure' as const, failure, message, ...defined({ file, line, column }) };
    for (const row of rows) if (this.scores.outcomes[row] === undefined) this.#keep(row, outcome, null);
  }

  /**
   * A row that was alone in flight is to blame for the worker's death. Of several, nobody knows which: those are tried
   * again one at a time. Rows that were not reached go on as before.
   */
  afterDeath({ rows, concurrency }: Part, death: Death): Part[] {
    const suspects = [...this.#inFlight];
    if (suspects.length === 1) this.fail(suspects, death);
    const open = rows.filter((row) => this.scores.outcomes[row] === undefined);
    const alone = { rows: open.filter((row) => suspects.includes(row)), concurrency: 1 };
    const others = { rows: open.filter((row) => !suspects.includes(row)), concurrency };
    return [alone, others].filter((part) => part.rows.length > 0);
  }
}

/** Without the fields that are undefined. */
export function defined<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
