/** Time, and waiting for it. Tests have a clock of their own. */
export interface Clock {
  /** In milliseconds. */
  now(): number;
  /** Calls back once, after so many milliseconds, unless what it returns is called before. */
  after(milliseconds: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

/** Settled with `value` after so many seconds. */
export const wait = <T>(clock: Clock, seconds: number, value: T): Promise<T> =>
  new Promise((resolve) => clock.after(seconds * 1000, () => resolve(value)));
