/** What the outside asks of a running training: heard between steps, when everything is in order. */
export class RunControl {
  #request: 'run' | 'pause' | 'stop' = 'run';
  #wake: () => void = () => {};

  get stopping(): boolean {
    return this.#request === 'stop';
  }

  get pausing(): boolean {
    return this.#request === 'pause';
  }

  pause(): void {
    if (this.#request === 'run') this.#request = 'pause';
  }

  resume(): void {
    if (this.#request === 'pause') this.#request = 'run';
    this.#wake();
  }

  /** Finishes the step, writes a checkpoint and ends. */
  stop(): void {
    this.#request = 'stop';
    this.#wake();
  }

  /** Waits until the run is resumed or stopped. */
  async resumed(): Promise<void> {
    while (this.#request === 'pause') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
