import type { RunAbout } from '../protocol/run-about.ts';
import type { RunInfo, RunState } from '../protocol/run-folder.ts';
import { type RunMeasure, runMeasure } from '../protocol/run-measure.ts';
import { readAbout } from './about.ts';
import { MetricsTail } from './metrics-tail.ts';
import { readRunInfoLater } from './run-info.ts';
import { isWritten } from './run-lock.ts';

/** A run, read from its folder. */
export interface Run {
  /** The run folder's path, which is also the run's id. */
  readonly folder: string;
  /** What it is called; among the runs of a workspace no other is called the same. */
  readonly name: string;
  readonly info: RunInfo;
  readonly about: RunAbout;
  /** `info.state`, except that a run whose trainer died without a word is `interrupted`. */
  readonly status: RunState | 'interrupted';
  /** A trainer of the reader's is running it. */
  readonly live: boolean;
  /** What it is compared by; undefined before its first reward. */
  readonly measure: RunMeasure | undefined;
}

const MEASURED = ['reward', 'eval_reward'];

/** Reads runs again and again: of their metrics only what is new, and two columns of them are kept. */
export class RunReader {
  readonly #tails = new Map<string, MetricsTail>();
  readonly #onProblem: (message: string) => void;

  /** `onProblem` hears what of a run is not shown because it cannot be read. */
  constructor(onProblem: (message: string) => void = () => {}) {
    this.#onProblem = onProblem;
  }

  /** A run as its folder tells it; undefined when there is none that can be read. One call at a time for a folder. */
  async read(folder: string, live: boolean): Promise<Run | undefined> {
    const info = await readRunInfoLater(folder);
    if (!info) {
      this.#tails.delete(folder);
      return undefined;
    }
    const unfinished = info.state === 'running' || info.state === 'paused' || info.state === 'stopping';
    const interrupted = unfinished && !live && !(await isWritten(folder));
    const about = await readAbout(folder, this.#onProblem);
    const status = interrupted ? 'interrupted' : info.state;
    return { folder, name: about.name ?? info.name, info, about, live, status, measure: await this.#measure(folder) };
  }

  async #measure(folder: string): Promise<RunMeasure | undefined> {
    const tail = this.#tails.get(folder) ?? new MetricsTail(folder, MEASURED);
    this.#tails.set(folder, tail);
    // A reward that cannot be shown is no reason to hide the run.
    await tail.read().catch(() => {});
    const { steps, length } = tail.columns;
    const [reward, evalReward] = MEASURED.map((key) => tail.columns.values(key));
    return runMeasure({ steps, reward, evalReward, length });
  }
}
