import type { RewardWarning } from '../rewards/function-call.ts';

/** What the functions of a file did wrong though no sample has failed of it. */
export class FileWarnings {
  /** Outside of any call, by message. */
  readonly #strays = new Map<string, RewardWarning>();
  /** By function, of its last call. */
  readonly #retries = new Map<string, RewardWarning[]>();

  get all(): RewardWarning[] {
    return [...this.#strays.values(), ...[...this.#retries.values()].flat()];
  }

  add(stray: RewardWarning): void {
    this.#strays.set(stray.message, stray);
  }

  /** Calls of a function on all samples that failed. */
  setRetries(name: string, retries: RewardWarning[]): void {
    if (retries.length > 0) this.#retries.set(name, retries);
    else this.#retries.delete(name);
  }

  /** Forgets all; the functions that have to be called again to know whether the same is true still. */
  clear(): string[] {
    const called = [...this.#retries.keys()];
    this.#strays.clear();
    this.#retries.clear();
    return called;
  }
}
