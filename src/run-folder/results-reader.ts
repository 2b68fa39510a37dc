import { RESULT_KEYS, type RunResults, resultsOf } from '../protocol/run-results.ts';
import { MetricsTail } from './metrics-tail.ts';
import type { Run } from './read-run.ts';

interface Known {
  tail: MetricsTail;
  /** What of the run tells that it has come further. */
  at: string;
  results: RunResults;
}

/** What came of many runs: a run's metrics are read once, and from then on only what is new of them. */
export class ResultsReader {
  readonly #known = new Map<string, Known>();

  /** As far as they were read. */
  get(folder: string): RunResults | undefined {
    return this.#known.get(folder)?.results;
  }

  /** Reads what is new of these runs, one after another, and forgets all others. True when anything was. */
  async read(runs: readonly Run[]): Promise<boolean> {
    const folders = new Set(runs.map(({ folder }) => folder));
    for (const folder of this.#known.keys()) if (!folders.has(folder)) this.#known.delete(folder);
    let changed = false;
    for (const { folder, info, live } of runs) {
      const at = JSON.stringify([info.step, info.state, info.updatedAt, live]);
      const known = this.#known.get(folder);
      if (known?.at === at) continue;
      const tail = known?.tail ?? new MetricsTail(folder, RESULT_KEYS);
      await tail.read();
      this.#known.set(folder, { tail, at, results: resultsOf(tail.columns) });
      changed = true;
    }
    return changed;
  }
}
