import { visible } from '../text/visible.ts';
import type { ProgressStream } from './progress.ts';

/** What a command is doing, on one line of a terminal; nothing where there is none. */
export class StatusLine {
  readonly #stream: ProgressStream;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (!this.#stream.isTTY) return;
    this.clear();
    // A line that wraps could not be taken back.
    this.#stream.write(visible(text).slice(0, (this.#stream.columns ?? 80) - 1));
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[2K');
  }
}
