import { BadInput, RunFailure } from '../protocol/errors.ts';
import type { WorkerReady, WorkerReply, WorkerStray } from '../protocol/reward-worker.ts';
import type { ScoreBatch } from '../protocol/rewards.ts';
import { defined } from '../text/defined.ts';
import { withoutFullStop } from '../text/full-stop.ts';
import { FunctionCall, type FunctionScores, type OnOutcome, type RewardWarning } from './function-call.ts';
import type { WorkerLaunch } from './prepare-worker.ts';
import { type Death, type WorkerLimits, WorkerProcess } from './worker-process.ts';

export interface FileLimits extends Omit<WorkerLimits, 'onStray'> {
  timeoutSeconds: number;
  loadTimeoutSeconds: number;
  /** Workers that one call may use up before its remaining rows are given up; 16 unless given. */
  mostRestarts?: number | undefined;
  /** Hears what is wrong though no row has failed of it: a sentence, and where. */
  onWarning: (warning: RewardWarning) => void;
}

/** Where a file gets its workers from, and leaves one that is idle and no longer needed. */
export interface WorkerSource {
  take(launch: WorkerLaunch, limits: WorkerLimits): WorkerProcess;
  leave(launch: WorkerLaunch, worker: WorkerProcess): Promise<void>;
}

const freshWorkers: WorkerSource = {
  take: (launch, limits) => new WorkerProcess(launch, limits),
  leave: (_, worker) => worker.end({ failure: 'crash', message: 'The rewards were closed.' }),
};

const MOST_RESTARTS = 16;
/** A Python worker ends its own slow load, and says at which line; its limit begins when the interpreter has started. */
const PYTHON_START_SECONDS = 5;

/** The functions of one reward file and the worker process they run in, which stays warm and is replaced when it dies. */
export class RewardFile {
  /** What the worker reported when it had loaded the file. */
  loaded: Pick<WorkerReady, 'functions' | 'code' | 'modules'> = { functions: [] };
  readonly #launch: WorkerLaunch;
  readonly #limits: FileLimits;
  readonly #workers: WorkerSource;
  #moduleTexts: Record<string, string> | undefined;
  #worker: WorkerProcess | undefined;
  #closed = false;
  #busy = false;
  readonly #told = new Set<string>();
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

  /** From now on these texts of a Python reward's modules are what a worker that has to be started again loads, whatever is on disk by then. */
  keepModules(texts: Map<string, string>): void {
    this.#moduleTexts = Object.fromEntries(texts);
  }

  /**
   * Calls one function on a batch; calls of one file's functions are made one after the other. `limitSeconds`: for all rows together, after which
   * those without an outcome are given up.
   */
  score(
    name: string,
    batch: ScoreBatch,
    onOutcome: OnOutcome = () => {},
    limitSeconds?: number,
  ): Promise<FunctionScores> {
    const call = this.#lastCall.then(() => this.#score(name, batch, onOutcome, limitSeconds));
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
    let answer: WorkerReply | undefined;
    const onStray = (stray: WorkerStray) => {
      // What ends it while it loads is why the file does not load.
      if (answer || !stray.fatal) this.#tellOf(stray);
    };
    const worker = this.#workers.take(this.#launch, { ...this.#limits, onStray });
    this.#worker = worker;
    this.#busy = true;
    const { loadTimeoutSeconds: timeoutSeconds } = this.#limits;
    const moduleTexts = this.#moduleTexts;
    const load = { ...this.#launch.load, timeoutSeconds, ...(moduleTexts && { moduleTexts }) };
    const grace = this.#launch.language === 'python' ? PYTHON_START_SECONDS : undefined;
    const onReply = (reply: WorkerReply) => {
      answer = reply;
      return reply.type === 'ready' || reply.type === 'load-failed' ? 'done' : 'wrong';
    };
    const death = await worker.exchange(load, timeoutSeconds, onReply, grace);
    this.#busy = false;
    if (answer?.type === 'ready') {
      this.loaded = answer;
      return undefined;
    }
    if (answer?.type === 'load-failed') {
      const { type: _, message, ...place } = answer;
      return { message: `The reward file does not load: ${message}`, ...defined(place) };
    }
    const { message, did, file, line, column } = death!;
    const why = did === undefined ? message : `it ${did}.`;
    return { message: `The reward file does not load: ${why}`, ...defined({ file, line, column }) };
  }

  async #score(
    name: string,
    batch: ScoreBatch,
    onOutcome: OnOutcome,
    limitSeconds: number | undefined,
  ): Promise<FunctionScores> {
    const started = performance.now();
    const {
      kind,
      file = this.#launch.load.file,
      line,
      column,
    } = this.loaded.functions.find((candidate) => candidate.name === name)!;
    const { timeoutSeconds, mostRestarts = MOST_RESTARTS } = this.#limits;
    const declaration = { file, line, column };
    const onLost = (death: Death) => this.#tellOf({ ...death, fatal: true });
    const splitForms = this.#launch.language === 'python';
    const options = { kind, splitForms, timeoutSeconds, declaration, onOutcome, onLost };
    const call = new FunctionCall(name, batch, options);
    let givenUp = 0;
    const giveUp = () => {
      givenUp = this.#giveUp(call, limitSeconds!);
    };
    const limit = limitSeconds === undefined ? undefined : setTimeout(giveUp, limitSeconds * 1000);
    if (limitSeconds === 0) giveUp();
    try {
      await this.#runAll(call, mostRestarts);
    } finally {
      clearTimeout(limit);
    }
    // What a row that took too long has left behind should not keep running beside the next batch.
    if (call.timedOut && this.#worker?.alive) this.#worker.end({ failure: 'timeout', message: 'A row took too long.' });
    return { ...call.scores, givenUp, seconds: (performance.now() - started) / 1000 };
  }

  async #runAll(call: FunctionCall, mostRestarts: number): Promise<void> {
    let restarts = 0;
    while (!call.finished) {
      this.#refuseIfClosed();
      const dead = !this.#worker?.alive;
      const problem = dead && restarts++ < mostRestarts ? await this.#start() : undefined;
      this.#refuseIfClosed();
      if (problem || restarts > mostRestarts) {
        const why =
          problem?.message ?? `The function was not called: its worker had already ended ${mostRestarts} times.`;
        call.giveUp({ failure: 'crash', message: why });
        break;
      }
      this.#busy = true;
      await call.run(this.#worker!);
      this.#busy = false;
    }
    this.#refuseIfClosed();
  }

  #giveUp(call: FunctionCall, limitSeconds: number): number {
    const why: Death = {
      failure: 'timeout',
      message: `The function did not score all completions within ${Number(limitSeconds.toPrecision(3))} s.`,
    };
    if (this.#busy) void this.#worker?.end(why);
    return call.giveUp(why);
  }

  /** Once for each: what a function leaves behind in every call would fill the log. */
  #tellOf({ message, file = this.#launch.load.file, line, column, fatal }: WorkerStray): void {
    const at = { file, ...defined({ line, column }) };
    const key = JSON.stringify([message, at]);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    const sentence = `${withoutFullStop(message)}${fatal ? '; the process is started again' : ''}.`;
    this.#limits.onWarning({ message: sentence, at });
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new RunFailure('The rewards were closed while they were scoring.');
  }
}
