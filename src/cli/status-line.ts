import { visible } from '../text/visible.ts';
import type { ProgressStream } from './progress.ts';
import { tellHost } from './tell-host.ts';

/** What a command is doing: told to a host that listens, else shown on one line of a terminal. */
export class StatusLine {
  readonly #stream: ProgressStream;
  #shown = false;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  show(message: string): void {
    tellHost({ type: 'progress', message });
    if (!this.#stream.isTTY) return;
    this.clear();
    // A line that wraps could not be taken back.
    this.#stream.write(visible(message).slice(0, (this.#stream.columns ?? 80) - 1));
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\x1b[2K');
    this.#shown = false;
  }
}
