import { BadInput, RunFailure } from '../protocol/errors.ts';
import type { ScoreRequest, WorkerFunction, WorkerReply } from '../protocol/reward-worker.ts';
import type { RewardFailure, RewardOutcome, ScoreBatch } from '../protocol/rewards.ts';
import type { WorkerLaunch } from './prepare-worker.ts';
import { type Death, type WorkerLimits, WorkerProcess } from './worker-process.ts';

export interface FileLimits extends WorkerLimits {
  timeoutSeconds: number;
  loadTimeoutSeconds: number;
}

/** What one function gave for a batch. `metrics` has null for numbers that were not finite. */
export interface FunctionScores {
  outcomes: RewardOutcome[];
  seconds: number;
  metrics: Record<string, (number | null)[]>;
  extra: Record<string, unknown[]>;
}

/** Asynchronous rows of one function that are in flight at once, such as requests to a judge. */
const CONCURRENT_ROWS = 32;
/** Workers that one call may use up before its remaining rows are given up. */
const MOST_RESTARTS = 16;

/** The functions of one reward file and the worker process they run in, which stays warm and is replaced when it dies. */
export class RewardFile {
  functions: WorkerFunction[] = [];
  readonly #launch: WorkerLaunch;
  readonly #limits: FileLimits;
  #worker: WorkerProcess | undefined;
  #closed = false;
  #lastCall: Promise<unknown> = Promise.resolve();

  private constructor(launch: WorkerLaunch, limits: FileLimits) {
    this.#launch = launch;
    this.#limits = limits;
  }

  /** Starts the worker and loads the file. Throws BadInput when it does not load. */
  static async open(launch: WorkerLaunch, limits: FileLimits): Promise<RewardFile> {
    const file = new RewardFile(launch, limits);
    const problem = await file.#start();
    if (problem) {
      await file.close();
      const { message, ...place } = problem;
      throw new BadInput(message, { ...place, file: place.file ?? launch.load.file });
    }
    return file;
  }

  /** Calls one function on a batch; calls of one file's functions are made one after the other. */
  score(name: string, batch: ScoreBatch): Promise<FunctionScores> {
    const call = this.#lastCall.then(() => this.#score(name, batch));
    this.#lastCall = call.catch(() => {});
    return call;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.end({ failure: 'crash', message: 'The rewards were closed.' });
  }

  /** Starts a worker that has loaded the file, or tells why there is none. */
  async #start(): Promise<{ message: string; file?: string; line?: number; column?: number } | undefined> {
    const { command, args, cwd, load } = this.#launch;
    const worker = new WorkerProcess(command, args, cwd, this.#limits);
    this.#worker = worker;
    let answer: WorkerReply | undefined;
    const death = await worker.exchange(load, this.#limits.loadTimeoutSeconds, (reply) => {
      answer = reply;
      return true;
    });
    if (answer?.type === 'ready') {
      this.functions = answer.functions;
      return undefined;
    }
    if (answer?.type === 'load-failed') {
      const { type: _, message, ...place } = answer;
      return { message: `The reward file does not load: ${message}`, ...defined(place) };
    }
    const {
      failure: _,
      message,
      ...place
    } = death ?? { failure: 'crash', message: 'its worker answered out of turn.' };
    return { message: `The reward file does not load: ${message.replace(/^The function/, 'it')}`, ...defined(place) };
  }

  async #score(name: string, batch: ScoreBatch): Promise<FunctionScores> {
    const started = performance.now();
    const { kind, ...declared } = this.functions.find((candidate) => candidate.name === name)!;
    const declaration = defined({
      file: declared.file ?? this.#launch.load.file,
      line: declared.line,
      column: declared.column,
    });
    const scores: FunctionScores = { outcomes: [], seconds: 0, metrics: {}, extra: {} };
    const call = new FunctionCall(name, batch, scores, this.#limits.timeoutSeconds);
    const all = batch.completions.map((_, row) => row);
    const parts: Part[] = all.length === 0 ? [] : [{ rows: all, concurrency: CONCURRENT_ROWS }];
    let restarts = 0;

    for (let part = parts.shift(); part; part = parts.shift()) {
      const dead = !this.#worker?.alive;
      const problem = dead && restarts++ < MOST_RESTARTS ? await this.#start() : undefined;
      if (this.#closed) throw new RunFailure('The rewards were closed while they were scoring.');
      if (problem || restarts > MOST_RESTARTS) {
        const why =
          problem?.message ?? `The function was not called: its worker had already ended ${MOST_RESTARTS} times.`;
        call.fail([...part.rows, ...parts.flatMap(({ rows }) => rows)], { failure: 'crash', message: why });
        break;
      }
      const death = await call.run(this.#worker!, part);
      if (this.#closed) throw new RunFailure('The rewards were closed while they were scoring.');
      if (!death) continue;
      if (kind === 'batch') call.fail(part.rows, death);
      else parts.unshift(...call.afterDeath(part, death));
    }
    // What a row that took too long has left behind should not go on beside the next batch.
    if (call.timedOut && this.#worker?.alive) this.#worker.end({ failure: 'timeout', message: 'A row took too long.' });

    scores.outcomes = scores.outcomes.map((outcome) =>
      outcome.kind === 'failure' && outcome.file === undefined ? { ...outcome, ...declaration } : outcome,
    );
    scores.seconds = (performance.now() - started) / 1000;
    return scores;
  }
}

/** Completions (by index) to be scored by one request. */
interface Part {
  rows: number[];
  concurrency: number;
}

/** One function's work on one batch, over as many workers as it takes. */
class FunctionCall {
  timedOut = false;
  readonly #name: string;
  readonly #batch: ScoreBatch;
  readonly #scores: FunctionScores;
  readonly #timeoutSeconds: number;
  readonly #inFlight = new Set<number>();

  constructor(name: string, batch: ScoreBatch, scores: FunctionScores, timeoutSeconds: number) {
    this.#name = name;
    this.#batch = batch;
    this.#scores = scores;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /** Sends one request and keeps what comes back; returns why the worker died, if it did. */
  run(worker: WorkerProcess, { rows, concurrency }: Part): Promise<Death | undefined> {
    this.#inFlight.clear();
    const { prompts, completions, columns, completionIds = null, trainerState = null } = this.#batch;
    const request: ScoreRequest = {
      type: 'score',
      name: this.#name,
      prompts,
      completions,
      completionIds,
      columns,
      trainerState,
      rows,
      concurrency,
      timeoutSeconds: this.#timeoutSeconds,
    };
    return worker.exchange(request, this.#timeoutSeconds, (reply) => this.#take(reply));
  }

  #take(reply: WorkerReply): boolean {
    const { outcomes, metrics, extra } = this.#scores;
    if (reply.type === 'start') this.#inFlight.add(reply.row);
    if (reply.type === 'outcome') {
      this.#inFlight.delete(reply.row);
      outcomes[reply.row] = reply.outcome;
      this.timedOut ||= reply.outcome.kind === 'failure' && reply.outcome.failure === 'timeout';
    }
    if (reply.type === 'done') {
      Object.assign(metrics, reply.metrics);
      Object.assign(extra, reply.extra);
    }
    return reply.type === 'done';
  }

  fail(rows: number[], { failure, message, file, line, column }: Death): void {
    const outcome: RewardFailure = { kind: 'failure', failure, message, ...defined({ file, line, column }) };
    for (const row of rows) this.#scores.outcomes[row] ??= outcome;
  }

  /**
   * A row that was alone in flight is to blame for the worker's death. Of several, nobody knows which: those are tried
   * again one at a time. Rows that were not reached go on as before.
   */
  afterDeath({ rows, concurrency }: Part, death: Death): Part[] {
    const suspects = [...this.#inFlight];
    if (suspects.length === 1) this.fail(suspects, death);
    const open = rows.filter((row) => this.#scores.outcomes[row] === undefined);
    const alone = { rows: open.filter((row) => suspects.includes(row)), concurrency: 1 };
    const others = { rows: open.filter((row) => !suspects.includes(row)), concurrency };
    return [alone, others].filter((part) => part.rows.length > 0);
  }
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
