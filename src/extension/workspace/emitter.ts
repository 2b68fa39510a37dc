/** Registers a listener; disposing of what it returns removes it. VS Code's own events have this type too. */
export type Event<T> = (listener: (value: T) => unknown) => { dispose(): void };

/** An event and those who listen to it, for code that tests run without VS Code. */
export class Emitter<T> {
  readonly #listeners = new Set<{ call: (value: T) => unknown }>();

  readonly event: Event<T> = (call) => {
    const listener = { call };
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  };

  /** Calls those who listen now. What one of them throws is reported and keeps nothing from the others. */
  fire(value: T): void {
    for (const listener of [...this.#listeners])
      try {
        listener.call(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
