import type { TrainingRequest } from '../workspace/request.ts';

const KEY = 'grpo.training';

/** What was being trained, and what waited, when the window was last seen. */
export interface Unfinished {
  folder: string;
  queued: TrainingRequest[];
}

/** What outlives a window: VS Code's memento, as far as it is needed here. */
interface Memory {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** Remembers the training in progress, so that a reloaded window can continue it. */
export class Journal {
  readonly #memory: Memory;
  /** What an earlier window left is remembered until this one forgets it, or trains something itself. */
  #written = '';

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** `folder` is that of the run in progress. */
  write(folder: string | undefined, queue: readonly TrainingRequest[]): void {
    const unfinished = folder === undefined ? undefined : { folder, queued: [...queue] };
    const text = JSON.stringify(unfinished) ?? '';
    // Called with every step; written only when there is something new.
    if (text === this.#written) return;
    this.#written = text;
    void this.#memory.update(KEY, unfinished);
  }

  /** What an earlier window left. */
  read(): Unfinished | undefined {
    return this.#memory.get<Unfinished>(KEY);
  }

  /** What an earlier window left has been dealt with. */
  forget(): void {
    if (this.#written === '') void this.#memory.update(KEY, undefined);
  }
}
