/** Seconds of the parts of something, lap by lap; laps of the same name add up. */
export class Stopwatch {
  readonly laps: Record<string, number> = {};
  #started = performance.now();
  #last = this.#started;

  lap(name: string): void {
    const now = performance.now();
    this.laps[name] = (this.laps[name] ?? 0) + (now - this.#last) / 1000;
    this.#last = now;
  }

  /** What has passed since the last lap does not count. */
  resume(): void {
    const now = performance.now();
    this.#started += now - this.#last;
    this.#last = now;
  }

  /** Seconds up to the last lap. */
  get total(): number {
    return (this.#last - this.#started) / 1000;
  }
}
