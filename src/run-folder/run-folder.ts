import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import {
  type EvaluatedRow,
  type MetricsRow,
  type RolloutRow,
  RUN_FILES,
  type RunChange,
  type RunInfo,
  stepName,
  stepOfName,
  type UpdatedRow,
} from '../protocol/run-folder.ts';
import { stringifyExact } from '../text/exact-json.ts';
import { appendWhole, atomicWrite, syncFile, syncFolder, tryTo, writeFailure } from './atomic-write.ts';
import { type Checkpoint, listCheckpoints } from './checkpoints.ts';
import { readMetrics } from './metrics.ts';
import { rolloutsFile } from './rollouts.ts';
import { addChanges, type RunRecord, recordChanges, rewindChanges } from './run-changes.ts';
import { readRunInfo } from './run-info.ts';
import { lockRunFolder } from './run-lock.ts';
import { makeOutFolder, makeRunFolder } from './run-places.ts';

/** Those with a file or a folder for each step. */
const STEP_FOLDERS = [RUN_FILES.rollouts, RUN_FILES.updates, RUN_FILES.evaluations, RUN_FILES.checkpoints];

/** What a new run starts with; the rest of `run.json` follows from it. */
export type NewRun = Pick<
  RunInfo,
  'name' | 'configFile' | 'device' | 'versions' | 'rewards' | 'config' | 'inputs' | 'imported'
> &
  Partial<Pick<RunInfo, 'createdAt'>>;

/**
 * The one writer of a run folder. Every write is whole or not there, and a failed one throws RunFailure with the sentence to show.
 * Call `close` at the end: it lets other trainers at the folder again.
 */
export class RunFolder {
  readonly path: string;
  #info: RunInfo;
  #unlock: () => void;

  private constructor(path: string, info: RunInfo, unlock: () => void) {
    this.path = path;
    this.#info = info;
    this.#unlock = unlock;
  }

  /** Makes the folder `out`, or else `.grpo/runs/<time>-<name>` beside the config. BadInput when `out` already holds a run. */
  static create(run: NewRun, out?: string): RunFolder {
    const now = new Date().toISOString();
    const { path, made } = out === undefined ? makeRunFolder(run, now) : makeOutFolder(resolve(out));
    let unlock = (): void => {};
    try {
      unlock = lockRunFolder(path);
      const start = { version: 1, createdAt: now, updatedAt: now, state: 'running', reason: null, step: 0 } as const;
      const folder = new RunFolder(path, { ...start, ...run, seed: run.config.seed }, unlock);
      folder.#makeFolders();
      atomicWrite(join(path, RUN_FILES.info), formatInfo(folder.info));
      return folder;
    } catch (error) {
      tryTo(unlock);
      if (made) tryTo(() => rmSync(made, { recursive: true, force: true }));
      throw writeFailure(path, error);
    }
  }

  /** Opens an existing run folder to continue the run. BadInput when there is no run in it. */
  static open(path: string): RunFolder {
    const absolute = resolve(path);
    const folder = new RunFolder(absolute, readRunInfo(absolute), lockRunFolder(absolute));
    try {
      folder.#makeFolders();
    } catch (error) {
      folder.close();
      throw writeFailure(absolute, error);
    }
    return folder;
  }

  get info(): Readonly<RunInfo> {
    return this.#info;
  }

  /** Changes `run.json`. */
  update(changes: Partial<Omit<RunInfo, 'version' | 'createdAt'>>): void {
    const info = { ...this.#info, ...changes, updatedAt: new Date().toISOString() };
    atomicWrite(join(this.path, RUN_FILES.info), formatInfo(info));
    this.#info = info;
  }

  /** Adds a step's row to `metrics.jsonl`; numbers that are not finite become null. */
  appendMetrics(row: MetricsRow): void {
    // JSON.stringify itself writes NaN and Infinity as null.
    appendWhole(join(this.path, RUN_FILES.metrics), `${JSON.stringify(row)}\n`);
  }

  writeRollouts(step: number, rows: readonly RolloutRow[]): void {
    this.#writeRows(RUN_FILES.rollouts, step, rows);
  }

  /** Of a step whose completions turn out to be others. */
  removeRollouts(step: number): void {
    this.#remove(rolloutsFile(this.path, step));
  }

  /** The same of an evaluation. */
  removeEvaluation(step: number): void {
    this.#remove(join(this.path, RUN_FILES.evaluations, `${stepName(step)}.jsonl`));
  }

  writeUpdate(step: number, rows: readonly UpdatedRow[]): void {
    this.#writeRows(RUN_FILES.updates, step, rows);
  }

  writeEvaluation(step: number, rows: readonly EvaluatedRow[]): void {
    this.#writeRows(RUN_FILES.evaluations, step, rows);
  }

  /** Writes the dataset of a stage; gives its path. */
  writeStageDataset(number: number, rows: readonly object[]): string {
    const path = stageDataset(this.path, number);
    try {
      mkdirSync(dirname(path), { recursive: true });
    } catch (error) {
      throw writeFailure(path, error);
    }
    atomicWrite(path, rows.map((row) => `${stringifyExact(row)}\n`).join(''));
    return path;
  }

  /** Adds a line to `log.txt`, with the time in front. */
  log(message: string): void {
    appendWhole(join(this.path, RUN_FILES.log), `${new Date().toISOString()} ${message}\n`);
  }

  /**
   * `write` fills a folder under a temporary name; when it is done, everything is flushed and the folder gets its own name:
   * a checkpoint that can be seen is complete. Returns its path.
   */
  async writeCheckpoint(step: number, write: (folder: string) => void | Promise<void>): Promise<string> {
    const path = join(this.#checkpoints, stepName(step));
    const temporary = join(this.#checkpoints, `.${stepName(step)}.tmp`);
    try {
      rmSync(temporary, { recursive: true, force: true });
      mkdirSync(temporary);
      await write(temporary);
      syncTree(temporary);
      const old = setAside(path);
      renameSync(temporary, path);
      syncFolder(this.#checkpoints);
      rmSync(old, { recursive: true, force: true });
    } catch (error) {
      tryTo(() => rmSync(temporary, { recursive: true, force: true }));
      throw writeFailure(path, error);
    }
    return path;
  }

  checkpoints(): Checkpoint[] {
    return listCheckpoints(this.path);
  }

  /** Removes the oldest checkpoints beyond `limit` (null: none), never the newest. */
  pruneCheckpoints(limit: number | null): void {
    if (limit === null) return;
    for (const { path } of this.checkpoints().slice(0, -Math.max(limit, 1))) this.#remove(path);
  }

  /** Replaces `metrics.jsonl`, unless it is that already; where only rows are added, readers need not start again. */
  setMetrics(rows: readonly MetricsRow[]): void {
    const file = join(this.path, RUN_FILES.metrics);
    const before = existsSync(file) ? readText(file, RUN_FILE) : '';
    const now = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (now === before) return;
    if (now.startsWith(before)) appendWhole(file, now.slice(before.length));
    else atomicWrite(file, now);
  }

  /** Forgets what was measured. */
  clearMetrics(): void {
    atomicWrite(join(this.path, RUN_FILES.metrics), '');
    for (const name of readdirSync(join(this.path, RUN_FILES.evaluations)))
      this.#remove(join(this.path, RUN_FILES.evaluations, name));
  }

  /** Takes the run back to where it was after `step`: later metrics, rollouts and checkpoints go, and so do leftovers. Gives the rows that stay. */
  rewindTo(step: number): MetricsRow[] {
    const kept = readMetrics(this.path).filter((row) => row.step <= step);
    atomicWrite(join(this.path, RUN_FILES.metrics), kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
    for (const folder of STEP_FOLDERS)
      for (const name of readdirSync(join(this.path, folder))) {
        const later = (stepOfName(name) ?? 0) > step;
        if (later || /^\.step-.*\.(tmp|old)$/.test(name)) this.#remove(join(this.path, folder, name));
      }
    const { changes } = this.#info;
    this.update({ step, ...(changes && { changes: rewindChanges(changes, step) }) });
    return kept;
  }

  /** Changes what `run.json` says the run is, from a step on; its history tells what it was before. Gives what was no longer as recorded. */
  change(record: Partial<RunRecord>, step: number): RunChange[] {
    const added = recordChanges(this.#info, record, step);
    const { config, startConfig = config, changes: history = [] } = this.#info;
    const changes = addChanges(history, added);
    const changed = added.some(({ field }) => field.startsWith('config.'));
    this.update({ ...record, ...(changes.length > 0 && { changes }), ...(changed && { startConfig }) });
    return added;
  }

  /** Lets go of the folder. */
  close(): void {
    this.#unlock();
  }

  get #checkpoints(): string {
    return join(this.path, RUN_FILES.checkpoints);
  }

  #makeFolders(): void {
    for (const name of STEP_FOLDERS) mkdirSync(join(this.path, name), { recursive: true });
  }

  #writeRows(folder: string, step: number, rows: readonly object[]): void {
    const text = rows.map((row) => `${stringifyExact(row)}\n`).join('');
    atomicWrite(join(this.path, folder, `${stepName(step)}.jsonl`), text);
  }

  #remove(path: string): void {
    try {
      rmSync(setAside(path), { recursive: true, force: true });
    } catch (error) {
      throw writeFailure(path, error);
    }
  }
}

/** Where the dataset is that a stage of a run writes. */
export const stageDataset = (run: string, number: number): string =>
  join(run, RUN_FILES.stages, `stage-${number}.jsonl`);

const formatInfo = (info: RunInfo): string => `${JSON.stringify(info, null, 2)}\n`;

/** Gives a file or folder a hidden name, so that half of it, while it is being removed, is never taken for the whole. */
function setAside(path: string): string {
  const aside = join(dirname(path), `.${basename(path)}.old`);
  rmSync(aside, { recursive: true, force: true });
  if (existsSync(path)) renameSync(path, aside);
  return aside;
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else syncFile(path);
  }
  syncFolder(folder);
}
