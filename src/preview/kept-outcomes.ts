import type { PreviewOutcome } from '../protocol/preview.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { FailureKind } from '../protocol/rewards.ts';
import type { KeyedSample } from './edited-samples.ts';

interface Kept {
  outcome: PreviewOutcome;
  /** What it was computed from: the code and, where the function sees the whole batch, all of its rows. */
  from: string;
}

interface FunctionKept {
  from: string;
  seconds: number;
  rows: Map<string, Kept>;
}

/** Failures with a place of their own in the user's code. */
const PLACED: FailureKind[] = ['throw', 'crash'];

/** What functions said of samples, by function and by the key of the sample, so that only what changed is computed again. */
export class KeptOutcomes {
  readonly #functions = new Map<string, FunctionKept>();

  get(name: string, key: string): PreviewOutcome | undefined {
    return this.#functions.get(name)?.rows.get(key)?.outcome;
  }

  put(name: string, key: string, outcome: PreviewOutcome): void {
    const kept = this.#functions.get(name)!;
    kept.rows.set(key, { outcome, from: kept.from });
  }

  seconds(name: string): number {
    return this.#functions.get(name)?.seconds ?? 0;
  }

  setSeconds(name: string, seconds: number): void {
    this.#functions.get(name)!.seconds = seconds;
  }

  /**
   * The samples that a function has to score: those that it has not scored with this code, all of them if it sees the whole batch
   * and one of them changed. Outcomes of before stay until theirs come.
   */
  begin({ name, kind }: WorkerFunction, code: string, samples: KeyedSample[]): KeyedSample[] {
    const from = kind === 'row' ? code : [code, ...samples.map(({ key }) => key)].join('\n');
    const kept = this.#functions.get(name) ?? { from, seconds: 0, rows: new Map<string, Kept>() };
    this.#functions.set(name, kept);
    kept.from = from;
    const open = samples.filter(({ key }) => kept.rows.get(key)?.from !== from);
    return kind === 'batch' && open.length > 0 ? samples : open;
  }

  /** The text was loaded again: places may have moved, even if the code stayed the same. Failures that name a line are computed again. */
  move({ name, line, column }: WorkerFunction): void {
    for (const row of this.#functions.get(name)?.rows.values() ?? []) {
      const { outcome } = row;
      if (outcome.kind !== 'failure') continue;
      if (PLACED.includes(outcome.failure)) row.from = '';
      else row.outcome = { ...outcome, line, column };
    }
  }

  /** Everything has to be computed again, of these functions or of all. */
  forget(names: Iterable<string> = this.#functions.keys()): void {
    for (const name of names) for (const row of this.#functions.get(name)?.rows.values() ?? []) row.from = '';
  }

  keepOnly(samples: KeyedSample[]): void {
    const keys = new Set(samples.map(({ key }) => key));
    for (const { rows } of this.#functions.values())
      for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
  }
}
