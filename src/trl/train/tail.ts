import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 1024 * 1024;

/** A file that others add lines to. */
export class Tail {
  readonly #file: string;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  /** The lines that were completed since the last call. */
  read(): string[] {
    const fd = openSync(this.#file, 'r');
    try {
      const chunk = Buffer.alloc(CHUNK);
      for (let count = readSync(fd, chunk, 0, CHUNK, this.#offset); count > 0; ) {
        this.#offset += count;
        this.#rest = Buffer.concat([this.#rest, chunk.subarray(0, count)]);
        count = readSync(fd, chunk, 0, CHUNK, this.#offset);
      }
    } finally {
      closeSync(fd);
    }
    const end = this.#rest.lastIndexOf('\n') + 1;
    const text = this.#rest.subarray(0, end).toString('utf8');
    this.#rest = this.#rest.subarray(end);
    return text.split('\n').slice(0, -1);
  }
}
