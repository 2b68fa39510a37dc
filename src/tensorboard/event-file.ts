import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { MetricsRow } from '../protocol/run-folder.ts';
import { encodeEvent, type TensorBoardEvent } from './event.ts';
import { record } from './record.ts';
import { scalarsOf } from './tags.ts';

const NAME = /^events\.out\.tfevents\.(\d+)\./;

/** Whether TensorBoard would find anything in this folder. */
export const holdsEvents = (folder: string): boolean => secondsOfFiles(folder).length > 0;

/** A file of events that TensorBoard reads while it grows. Every write may fail with a system error. */
export class EventFile {
  readonly path: string;
  readonly #descriptor: number;

  /**
   * Begins a file in a folder, behind those that are there: TensorBoard reads them in the order of their names. Of what they have, the steps
   * from `from` on no longer count.
   */
  constructor(folder: string, from: number, now = Date.now()) {
    mkdirSync(folder, { recursive: true });
    // Two sessions may start within a second.
    const seconds = Math.max(Math.floor(now / 1000), ...secondsOfFiles(folder).map((second) => second + 1));
    const host = hostname().replaceAll(/[^\w-]/g, '-');
    this.path = join(folder, `events.out.tfevents.${String(seconds).padStart(10, '0')}.${host}.${process.pid}.0`);
    this.#descriptor = openSync(this.path, 'ax');
    const wallTime = now / 1000;
    this.#write({ kind: 'version', wallTime, step: 0 }, { kind: 'start', wallTime, step: from });
  }

  /** The numbers of a step; `wallTime` in seconds since 1970. */
  metrics(row: MetricsRow, wallTime = Date.now() / 1000): void {
    this.#write({ kind: 'scalars', wallTime, step: row.step, values: scalarsOf(row) });
  }

  /** A run config where transformers has its arguments. */
  config(config: object, step: number, wallTime = Date.now() / 1000): void {
    // Indented by four, Markdown shows it as it is.
    const text = JSON.stringify(config, null, 2).replaceAll(/^/gm, '    ');
    this.#write({ kind: 'text', wallTime, step, tag: 'args/text_summary', text });
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(...events: TensorBoardEvent[]): void {
    writeFileSync(this.#descriptor, Buffer.concat(events.map((event) => record(encodeEvent(event)))));
  }
}

function secondsOfFiles(folder: string): number[] {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // It is made with the first file.
  }
  return names.flatMap((name) => {
    const seconds = NAME.exec(name)?.[1];
    return seconds === undefined ? [] : [Number(seconds)];
  });
}
