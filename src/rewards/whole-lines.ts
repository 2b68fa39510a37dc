/** So long an unfinished line waits for its end. */
const WAIT_MILLISECONDS = 100;

/**
 * Text that comes in pieces, as pipes cut it, given on in whole lines: `print("a", b)` of an unbuffered Python is four pieces. An unfinished
 * line, a progress bar say, is given on when nothing follows it for a moment.
 */
export class WholeLines {
  readonly #onText: (text: string) => void;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  push(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    const lines = end === 0 ? '' : this.#rest + text.slice(0, end);
    this.#rest = end === 0 ? this.#rest + text : text.slice(end);
    if (lines !== '') this.#onText(lines);
    clearTimeout(this.#timer);
    if (this.#rest !== '') this.#timer = setTimeout(() => this.flush(), WAIT_MILLISECONDS);
  }

  /** Gives on what is held back: nothing will follow it. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#rest !== '') this.#onText(this.#rest);
    this.#rest = '';
  }
}
