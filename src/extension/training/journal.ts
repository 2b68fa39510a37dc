import type { Memento } from 'vscode';
import type { TrainingRequest } from '../workspace/request.ts';

const KEY = 'grpo.training';

/** What was being trained, and what waited, when the window was last seen. */
export interface Unfinished {
  folder: string;
  queued: TrainingRequest[];
}

/** Remembers the training in progress, so that a reloaded window can go on with it. */
export class Journal {
  readonly #memory: Memento;
  #written = '';

  constructor(memory: Memento) {
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

  /** What an earlier window left; given once. */
  take(): Unfinished | undefined {
    const unfinished = this.#memory.get<Unfinished>(KEY);
    if (unfinished) void this.#memory.update(KEY, undefined);
    return unfinished;
  }
}
