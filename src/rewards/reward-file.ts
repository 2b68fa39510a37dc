import { BadInput, RunFailure } from '../protocol/errors.ts';
import type { WorkerReady, WorkerReply } from '../protocol/reward-worker.ts';
import type { ScoreBatch } from '../protocol/rewards.ts';
import { defined, FunctionCall, type FunctionScores, type OnOutcome, type Part } from './function-call.ts';
import type { WorkerLaunch } from './prepare-worker.ts';
import { type WorkerLimits, WorkerProcess } from './worker-process.ts';

export interface FileLimits extends WorkerLimits {
  timeoutSeconds: number;
  loadTimeoutSeconds: number;
  /** Workers that one call may use up before its remaining rows are given up; 16 unless given. */
  mostRestarts?: number | undefined;
}

/** Where a file gets its workers from, and leaves one that is idle and no longer needed. */
export interface WorkerSource {
  take(launch: WorkerLaunch, limits: WorkerLimits): WorkerProcess;
  leave(launch: WorkerLaunch, worker: WorkerProcess): Promise<void>;
}

const freshWorkers: WorkerSource = {
  take: ({ command, args, cwd }, limits) => new WorkerProcess(command, args, cwd, limits),
  leave: (_, worker) => worker.end({ failure: 'crash', message: 'The rewards were closed.' }),
};

/** Asynchronous rows of one function that are in flight at once, such as requests to a judge. */
const CONCURRENT_ROWS = 32;
const MOST_RESTARTS = 16;

/** The functions of one reward file and the worker process they run in, which stays warm and is replaced when it dies. */
export class RewardFile {
  /** What the worker told when it had loaded the file. */
  loaded: Pick<WorkerReady, 'functions' | 'code' | 'modules'> = { functions: [] };
  readonly #launch: WorkerLaunch;
  readonly #limits: FileLimits;
  readonly #workers: WorkerSource;
  #worker: WorkerProcess | undefined;
  #closed = false;
  #busy = false;
  #lastCall: Promise<unknown> = Promise.resolve();

  private constructor(launch: WorkerLaunch, limits: FileLimits, workers: WorkerSource) {
    this.#launch = launch;
    this.#limits = limits;
    this.#workers = workers;
  }

  /** Starts the worker and loads the file. Throws BadInput when it does not load. */
  static async open(launch: WorkerLaunch, limits: FileLimits, workers = freshWorkers): Promise<RewardFile> {
    const file = new RewardFile(launch, limits, workers);
    const problem = await file.#start();
    if (problem) {
      await file.close();
      const { message, ...place } = problem;
      throw new BadInput(message, { ...place, file: place.file ?? launch.load.file });
    }
    return file;
  }

  /** Calls one function on a batch; calls of one file's functions are made one after the other. */
  score(name: string, batch: ScoreBatch, onOutcome: OnOutcome = () => {}): Promise<FunctionScores> {
    const call = this.#lastCall.then(() => this.#score(name, batch, onOutcome));
    this.#lastCall = call.catch(() => {});
    return call;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#worker?.alive) return;
    if (this.#busy) await this.#worker.end({ failure: 'crash', message: 'The rewards were closed.' });
    else await this.#workers.leave(this.#launch, this.#worker);
  }

  /** Starts a worker that has loaded the file, or tells why there is none. */
  async #start(): Promise<{ message: string; file?: string; line?: number; column?: number } | undefined> {
    const worker = this.#workers.take(this.#launch, this.#limits);
    this.#worker = worker;
    this.#busy = true;
    let answer: WorkerReply | undefined;
    const death = await worker.exchange(this.#launch.load, this.#limits.loadTimeoutSeconds, (reply) => {
      answer = reply;
      return true;
    });
    this.#busy = false;
    if (answer?.type === 'ready') {
      this.loaded = answer;
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

  async #score(name: string, batch: ScoreBatch, onOutcome: OnOutcome): Promise<FunctionScores> {
    const started = performance.now();
    const {
      kind,
      file = this.#launch.load.file,
      line,
      column,
    } = this.loaded.functions.find((candidate) => candidate.name === name)!;
    const { timeoutSeconds, mostRestarts = MOST_RESTARTS } = this.#limits;
    const call = new FunctionCall(name, batch, { timeoutSeconds, declaration: { file, line, column }, onOutcome });
    const all = batch.completions.map((_, row) => row);
    const parts: Part[] = all.length === 0 ? [] : [{ rows: all, concurrency: CONCURRENT_ROWS }];
    let restarts = 0;

    for (let part = parts.shift(); part; part = parts.shift()) {
      this.#refuseIfClosed();
      const dead = !this.#worker?.alive;
      const problem = dead && restarts++ < mostRestarts ? await this.#start() : undefined;
      this.#refuseIfClosed();
      if (problem || restarts > mostRestarts) {
        const why =
          problem?.message ?? `The function was not called: its worker had already ended ${mostRestarts} times.`;
        call.fail([...part.rows, ...parts.flatMap(({ rows }) => rows)], { failure: 'crash', message: why });
        break;
      }
      this.#busy = true;
      const death = await call.run(this.#worker!, part);
      this.#busy = false;
      this.#refuseIfClosed();
      if (!death) continue;
      if (kind === 'batch') call.fail(part.rows, death);
      else parts.unshift(...call.afterDeath(part, death));
    }
    // What a row that took too long has left behind should not go on beside the next batch.
    if (call.timedOut && this.#worker?.alive) this.#worker.end({ failure: 'timeout', message: 'A row took too long.' });
    return { ...call.scores, seconds: (performance.now() - started) / 1000 };
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new RunFailure('The rewards were closed while they were scoring.');
  }
}
