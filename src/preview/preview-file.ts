import type { EditedTexts } from '../files/source.ts';
import { BadInput } from '../protocol/errors.ts';
import type { PreviewOutcome } from '../protocol/preview.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { RewardWarning } from '../rewards/function-call.ts';
import { MEMORY_LIMIT_BYTES } from '../rewards/open-rewards.ts';
import { prepareWorker, type WorkerLaunch } from '../rewards/prepare-worker.ts';
import { RewardFile, type WorkerSource } from '../rewards/reward-file.ts';
import type { WorkerProcess } from '../rewards/worker-process.ts';
import type { KeyedSample } from './edited-samples.ts';
import { FileWarnings } from './file-warnings.ts';
import { KeptOutcomes } from './kept-outcomes.ts';
import { LoadedModules } from './loaded-modules.ts';
import { type Parameter, parametersOf } from './parameters.ts';
import { batchOf } from './sample-scores.ts';
import type { SpareWorkers } from './spare-workers.ts';
import { looksLikeReward } from './trials.ts';

/** What functions print in one call is for a person to read. */
const OUTPUT_LIMIT_BYTES = 256 * 1024;
/** Importing libraries may take its time. */
const LOAD_TIMEOUT_SECONDS = 60;
/** A function that always hangs should not hold up the preview for long. */
const MOST_RESTARTS = 3;

export interface FileNeeds {
  /** The functions that are wanted, undefined for those that the file has by default. */
  names: (string | undefined)[];
  texts: EditedTexts;
  rows: KeyedSample[];
  pythonPath: string | undefined;
  rewardEnv: readonly string[];
  timeoutSeconds: number;
  reuse: boolean;
}

interface Opening {
  launch: WorkerLaunch;
  worker: WorkerProcess | undefined;
  done: Promise<void>;
}

/** What the files of a subject share, and whom they tell. */
export interface FileHost {
  workerPath: string;
  spares: SpareWorkers;
  onOutput: (text: string) => void;
  /** An outcome was computed. */
  onOutcome: () => void;
  /** There is one more of `warnings`. */
  onWarning: () => void;
}

/** One reward file in a preview: its newest code that loads, in a warm worker, and what its functions said of the samples. */
export class PreviewFile {
  readonly file: string;
  /** Of the newest code that loads. */
  functions: WorkerFunction[] = [];
  /** What they ask for by name: whatever has no default. */
  parameters = new Map<string, Parameter[]>();
  /** Those that look like rewards: they are tried even where nobody has named them. */
  likely = new Set<string>();
  /** Why the newest text cannot be called; the functions and their outcomes are then those of the text before. */
  problem: { kind: 'compile' | 'load'; error: BadInput } | undefined;
  readonly warnings = new FileWarnings();
  /** Functions that are being called, or will be. */
  readonly running = new Set<string>();
  readonly #host: FileHost;
  readonly #kept = new KeptOutcomes();
  #rewards: RewardFile | undefined;
  #launch: WorkerLaunch | undefined;
  #timeoutSeconds = 0;
  #code = '';
  readonly #modules = new LoadedModules();
  /** What a worker is loading just now. */
  #opening: Opening | undefined;
  /** The calls that are under way, and for which samples. */
  #calls: { samples: string; done: Promise<void> } | undefined;
  #update = 0;
  /** What was kept does not count any more: someone asked for all to be called again. */
  #forgets = false;

  constructor(file: string, host: FileHost) {
    this.file = file;
    this.#host = host;
  }

  outcome(name: string, key: string): PreviewOutcome | undefined {
    return this.#kept.get(name, key);
  }

  /** Seconds of a function's last call. */
  seconds(name: string): number {
    return this.#kept.seconds(name);
  }

  /** Brings everything up to date. A newer call takes over: what of this one is of no more use is stopped. */
  async update(needs: FileNeeds): Promise<void> {
    const update = ++this.#update;
    this.#forgets ||= !needs.reuse;
    const outdated = () => update !== this.#update;
    let launch: WorkerLaunch;
    try {
      launch = await this.#prepare(needs);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      if (!outdated()) this.problem = { kind: 'compile', error };
      return;
    }
    if (outdated()) return;
    const samples = needs.rows.map(({ key }) => key).join('\n');
    const isCalled = this.#calls && (this.#calls.samples !== samples || !needs.reuse);
    try {
      if (this.#opening && isSame(this.#opening.launch, launch)) await this.#opening.done;
      else if (this.#opening || isCalled || !this.#isOpen(launch, needs)) await this.#reopen(launch, needs);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      if (!outdated()) this.problem = { kind: 'load', error };
      return;
    }
    if (outdated()) return;
    this.problem = undefined;
    await this.#calls?.done;
    if (outdated()) return;
    if (this.#forgets) this.#kept.forget();
    this.#forgets = false;
    const done = this.#call(needs);
    this.#calls = { samples, done };
    await done;
    if (this.#calls?.done === done) this.#calls = undefined;
    if (!outdated()) this.#kept.keepOnly(needs.rows);
  }

  async close(): Promise<void> {
    this.#update++;
    await this.#leaveWorker();
  }

  #prepare({ names, texts, pythonPath, rewardEnv }: FileNeeds): Promise<WorkerLaunch> {
    return prepareWorker({
      file: this.file,
      names: names.flatMap((name) => name ?? []),
      at: undefined,
      workerPath: this.#host.workerPath,
      pythonPath,
      memoryLimitBytes: MEMORY_LIMIT_BYTES,
      rewardEnv,
      texts,
    });
  }

  /** Whether the worker has loaded just this. */
  #isOpen(launch: WorkerLaunch, { timeoutSeconds }: FileNeeds): boolean {
    if (timeoutSeconds !== this.#timeoutSeconds || !this.#launch || !this.#rewards) return false;
    return isSame(this.#launch, launch) && this.#modules.areUnchanged;
  }

  /** Stops what is under way; an idle Python worker is kept for the next text. */
  async #leaveWorker(): Promise<void> {
    const [rewards, loading] = [this.#rewards, this.#opening?.worker];
    this.#rewards = undefined;
    this.#opening = undefined;
    this.#calls = undefined;
    this.running.clear();
    // At once, so that the next text finds the worker that this one leaves.
    const cause = { failure: 'crash' as const, message: 'A newer text took its place.' };
    await Promise.all([rewards?.close(), loading?.end(cause)]);
  }

  #reopen(launch: WorkerLaunch, needs: FileNeeds): Promise<void> {
    void this.#leaveWorker();
    this.#kept.forget(this.warnings.clear());
    const opening: Opening = { launch, worker: undefined, done: Promise.resolve() };
    this.#opening = opening;
    opening.done = this.#open(opening, needs).finally(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening.done;
  }

  async #open(opening: Opening, { timeoutSeconds, texts }: FileNeeds): Promise<void> {
    const { launch } = opening;
    const limits = {
      ...{ timeoutSeconds, loadTimeoutSeconds: LOAD_TIMEOUT_SECONDS, mostRestarts: MOST_RESTARTS },
      ...{ memoryLimitBytes: MEMORY_LIMIT_BYTES, outputLimitBytes: OUTPUT_LIMIT_BYTES },
      onOutput: this.#host.onOutput,
      onWarning: (warning: RewardWarning) => {
        if (this.#launch !== launch && this.#opening !== opening) return;
        this.warnings.add(warning);
        this.#host.onWarning();
      },
    };
    const workers: WorkerSource = {
      take: (...needs) => {
        opening.worker = this.#host.spares.take(...needs);
        return opening.worker;
      },
      leave: (...given) => this.#host.spares.leave(...given),
    };
    const rewards = await RewardFile.open(launch, limits, workers);
    // A newer text has taken its place.
    if (this.#opening !== opening) return rewards.close();
    this.#rewards = rewards;
    this.#launch = launch;
    this.#timeoutSeconds = timeoutSeconds;
    const { functions, code = launch.code, modules = [] } = rewards.loaded;
    this.#modules.reset(modules);
    this.functions = functions;
    for (const declared of functions) this.#kept.move(declared);
    this.#code = `${code}\n${this.#modules.version}`;
    const needed = (each: WorkerFunction) => parametersOf(each, this.file, launch.language, texts);
    this.parameters = new Map(functions.map((each) => [each.name, needed(each)]));
    const isLikely = (each: WorkerFunction) => looksLikeReward(each, this.file, launch.language, texts);
    this.likely = new Set(functions.filter(isLikely).map(({ name }) => name));
    this.#host.spares.refill(launch);
  }

  async #call({ names, rows }: FileNeeds): Promise<void> {
    const rewards = this.#rewards!;
    const isWanted = ({ name, isDefault }: WorkerFunction) =>
      names.includes(name) || (isDefault && names.includes(undefined)) || this.likely.has(name);
    const calls = this.functions.filter(isWanted).map((wanted) => {
      return { name: wanted.name, open: this.#kept.begin(wanted, this.#code, rows) };
    });
    await Promise.all(
      calls.map(async ({ name, open }) => {
        if (open.length === 0) return;
        this.running.add(name);
        try {
          const { seconds, modules, retries } = await rewards.score(name, batchOf(open), (row, outcome, seconds) => {
            if (this.#rewards !== rewards) return;
            this.#kept.put(name, open[row]!.key, { ...outcome, seconds });
            this.#host.onOutcome();
          });
          this.#kept.setSeconds(name, seconds);
          if (this.#rewards === rewards) this.warnings.setRetries(name, retries);
          this.#modules.addLate(modules);
        } catch (error) {
          // Closed for a newer text.
          if (this.#rewards === rewards) throw error;
        } finally {
          if (this.#rewards === rewards) this.running.delete(name);
        }
      }),
    );
  }
}

const isSame = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);
