import type { ProgressStream } from './progress.ts';
import { tellHost } from './tell-host.ts';

/**
 * Says how many samples of how many are generated: on a terminal in one line that stays in place, elsewhere a line each, and to a host that
 * listens. Without a stream only the host hears of it.
 */
export class SamplesProgress {
  readonly #stream: ProgressStream | undefined;
  #shown = false;

  constructor(stream: ProgressStream | undefined) {
    this.#stream = stream;
  }

  show({ done, of, loads = false }: { done: number; of: number; loads?: boolean }): void {
    const text = loads ? `0 of ${of} samples, loading model first` : `${done} of ${of} samples`;
    this.#stream?.write(this.#stream.isTTY ? `\r\x1b[2K${text}` : `${text}\n`);
    this.#shown = true;
    tellHost({ type: 'progress', done, of, loads });
  }

  /** Leaves the line for further output. */
  end(): void {
    if (this.#shown && this.#stream?.isTTY) this.#stream.write('\n');
  }
}
