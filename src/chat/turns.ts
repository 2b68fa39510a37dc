/** Several who write at the same time take turns at one engine, which computes for one of them at a time: they are as fast as each other. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** Settles when it is the caller's turn. */
  async begin(): Promise<void> {
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken = true;
  }

  /** Gives the turn away, and waits for the next one. */
  async pass(): Promise<void> {
    this.end();
    await this.begin();
  }

  end(): void {
    const next = this.#waiting.shift();
    // The turn stays taken while it changes hands, so that nobody takes it meanwhile.
    if (next) next();
    else this.#taken = false;
  }
}
