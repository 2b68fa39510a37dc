import { join } from 'node:path';
import { openRegularFileLater } from '../files/open-file.ts';
import { MetricColumns } from '../protocol/metric-columns.ts';
import { type MetricsRow, RUN_FILES } from '../protocol/run-folder.ts';

const CHUNK = 1 << 20;
const NEWLINE = 10;

/** Reads `metrics.jsonl` into columns as it grows: each call of `read` takes only what is new. */
export class MetricsTail {
  readonly columns = new MetricColumns();
  /** Raised each time rows that had been read were taken back: the run was rewound, and columns changed under their readers. */
  generation = 0;
  readonly #file: string;
  readonly #keys: readonly string[] | undefined;
  #inode: bigint | undefined;
  /** Bytes that were read: always up to the end of a line, so that a torn last line is read again when it is whole. */
  #offset = 0;

  /** `keys`: only these columns are kept; without them, all. */
  constructor(folder: string, keys?: readonly string[]) {
    this.#file = join(folder, RUN_FILES.metrics);
    this.#keys = keys;
  }

  /** `onChunk` is called after every mebibyte, with the event loop free in between: a long run shows itself while it loads. */
  async read(onChunk: () => void = () => {}): Promise<void> {
    const file = await openRegularFileLater(this.#file, 'file').catch(() => undefined);
    if (!file) return this.#reset(undefined);
    try {
      const { ino, size } = await file.stat({ bigint: true });
      // A rewound run has a new file under the old name.
      if (ino !== this.#inode || size < this.#offset) this.#reset(ino);
      // Of hundreds of runs that are read at a time, most are short.
      let buffer = Buffer.allocUnsafe(Math.min(CHUNK, Number(size) - this.#offset + 1));
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
        const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
        if (end > 0) {
          this.#take(buffer.toString('utf8', 0, end));
          this.#offset += end;
          onChunk();
        } else if (bytesRead === buffer.length) buffer = Buffer.allocUnsafe(buffer.length * 2);
        else return;
      }
    } finally {
      await file.close();
    }
  }

  #take(lines: string): void {
    for (const line of lines.split('\n')) {
      const row = this.#keys ? pickNumbers(line, this.#keys) : parseRow(line);
      if (!row) continue;
      if (row.step <= this.columns.lastStep && this.columns.length > 0) {
        this.columns.truncate(this.columns.indexOf(row.step));
        this.generation += 1;
      }
      this.columns.push(row);
    }
  }

  #reset(inode: bigint | undefined): void {
    if (this.columns.length > 0) this.generation += 1;
    this.columns.truncate(0);
    this.#inode = inode;
    this.#offset = 0;
  }
}

/** A few numbers of a line without parsing all of it, which for hundreds of runs takes seconds. */
function pickNumbers(line: string, keys: readonly string[]): MetricsRow | undefined {
  const step = numberAt(line, 'step');
  if (!isStep(step) || !line.startsWith('{') || !line.trimEnd().endsWith('}')) return undefined;
  const row: MetricsRow = { step };
  for (const key of keys) {
    const value = numberAt(line, key);
    if (value !== undefined) row[key] = value;
  }
  return row;
}

/** Undefined where there is none, or null. Metrics are flat: a key is nowhere else in its line. */
function numberAt(line: string, key: string): number | undefined {
  const at = line.indexOf(`"${key}":`);
  if (at < 0) return undefined;
  const start = at + key.length + 3;
  // The longest number that JSON writes has 24 letters.
  const value = Number.parseFloat(line.slice(start, start + 32));
  return Number.isFinite(value) ? value : undefined;
}

/** A line that is no metrics row is passed over: better a curve with a gap than none. */
function parseRow(line: string): MetricsRow | undefined {
  if (line === '') return undefined;
  try {
    const row = JSON.parse(line) as unknown;
    return typeof row === 'object' && row !== null && 'step' in row && isStep(row.step)
      ? (row as MetricsRow)
      : undefined;
  } catch {
    return undefined;
  }
}

const isStep = (step: unknown): step is number => Number.isInteger(step) && (step as number) >= 0;
