import type { Clock } from '../../../src/extension/workspace/clock.ts';

/** Until everything that waits for no clock has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A promise that the test settles. */
export function deferred<T = void>() {
  let resolve = (_: T) => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A clock that stands still until it is told to go. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Set<{ at: number; call: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** What is due by then happens in its order, each with all that follows from it. */
  async go(milliseconds: number): Promise<void> {
    await settled();
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.call();
      await settled();
    }
    this.#now = end;
  }
}
