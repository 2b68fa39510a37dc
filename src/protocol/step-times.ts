/** How many steps the time left is estimated from: enough to be steady, few enough to follow a change. */
export const RECENT_STEPS = 10;

/** Seconds that so many steps take, at the mean pace of these; of none it is not known. */
export function secondsFor(steps: number, recentSeconds: ArrayLike<number>): number | undefined {
  const known = Array.from(recentSeconds);
  if (known.length === 0) return undefined;
  return (known.reduce((sum, seconds) => sum + seconds, 0) / known.length) * Math.max(0, steps);
}

/** How long the recent steps of a run took. */
export class StepTimes {
  #recent: number[] = [];

  add(seconds: number): void {
    this.#recent = [...this.#recent, seconds].slice(-RECENT_STEPS);
  }

  /** 0 before the first. */
  get slowest(): number {
    return Math.max(0, ...this.#recent);
  }

  /** Seconds until so many more steps are done; undefined before the first. */
  left(steps: number): number | undefined {
    return secondsFor(steps, this.#recent);
  }
}
