import { statSync } from 'node:fs';

/** Modules that a worker imported on its own, as they were then: all of a Python file, those of computed imports in TypeScript. */
export class LoadedModules {
  readonly #times = new Map<string, number>();
  /** Those that functions import when they are called: a worker that has only loaded the file does not name them. */
  readonly #late = new Set<string>();

  /** The modules of a worker that has just loaded its file. */
  reset(files: readonly string[]): void {
    this.#times.clear();
    for (const file of [...files, ...this.#late]) this.#times.set(file, changedAt(file));
  }

  /** Modules that a call has imported. */
  addLate(files: readonly string[]): void {
    for (const file of files) {
      if (this.#times.has(file)) continue;
      this.#late.add(file);
      this.#times.set(file, changedAt(file));
    }
  }

  get areUnchanged(): boolean {
    return [...this.#times].every(([file, time]) => changedAt(file) === time);
  }

  /** Differs where a module or its time does. */
  get version(): string {
    return [...this.#times].flat().join('\n');
  }
}

const changedAt = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
