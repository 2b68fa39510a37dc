import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolders } from '../files/make-folders.ts';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { stringifyExact } from '../protocol/exact-json.ts';
import {
  type MetricsRow,
  metricsRow,
  parseJsonLines,
  type RolloutRow,
  RUN_FILES,
  type RunChange,
  type RunInfo,
  runInfo,
  stepName,
  stepOfName,
} from '../protocol/run-folder.ts';
import { appendWhole, atomicWrite, syncFile, syncFolder, tryTo, writeFailure } from './atomic-write.ts';
import { addChanges, type RunRecord, recordChanges, rewindChanges } from './run-changes.ts';
import { lockRunFolder } from './run-lock.ts';

export interface Checkpoint {
  step: number;
  path: string;
}

/** What a new run starts with; the rest of `run.json` follows from it. */
export type NewRun = Pick<RunInfo, 'name' | 'configFile' | 'device' | 'versions' | 'rewards' | 'config' | 'inputs'>;

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

  /** Opens an existing run folder to go on with it. BadInput when there is no run in it. */
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
    const text = rows.map((row) => `${stringifyExact(row)}\n`).join('');
    atomicWrite(join(this.path, RUN_FILES.rollouts, `${stepName(step)}.jsonl`), text);
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

  /** Takes the run back to where it was after `step`: later metrics, rollouts and checkpoints go, and so do leftovers. */
  rewindTo(step: number): void {
    const kept = readMetrics(this.path).filter((row) => row.step <= step);
    atomicWrite(join(this.path, RUN_FILES.metrics), kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
    for (const folder of [RUN_FILES.rollouts, RUN_FILES.checkpoints])
      for (const name of readdirSync(join(this.path, folder))) {
        const later = (stepOfName(name) ?? 0) > step;
        if (later || /^\.step-.*\.(tmp|old)$/.test(name)) this.#remove(join(this.path, folder, name));
      }
    const { changes } = this.#info;
    this.update({ step, ...(changes && { changes: rewindChanges(changes, step) }) });
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
    for (const name of [RUN_FILES.rollouts, RUN_FILES.checkpoints])
      mkdirSync(join(this.path, name), { recursive: true });
  }

  #remove(path: string): void {
    try {
      rmSync(setAside(path), { recursive: true, force: true });
    } catch (error) {
      throw writeFailure(path, error);
    }
  }
}

/** Complete checkpoints, oldest first. */
export function listCheckpoints(run: string): Checkpoint[] {
  const folder = join(run, RUN_FILES.checkpoints);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => ({ step: stepOfName(name) ?? -1, path: join(folder, name) }))
    .filter(({ step, path }) => step >= 0 && statSync(path).isDirectory())
    .sort((a, b) => a.step - b.step);
}

export function readRunInfo(run: string): RunInfo {
  const file = join(run, RUN_FILES.info);
  if (!existsSync(file)) throw new BadInput(`There is no run in ${run} (no ${RUN_FILES.info}).`);
  try {
    return runInfo.parse(JSON.parse(readText(file, RUN_FILE)));
  } catch {
    throw new BadInput('This file does not describe a run; start a new run instead.', { file });
  }
}

/** The rows of `metrics.jsonl`, a torn last one left out. */
export function readMetrics(run: string): MetricsRow[] {
  const file = join(run, RUN_FILES.metrics);
  if (!existsSync(file)) return [];
  try {
    return parseJsonLines(readText(file, RUN_FILE)).map((row) => metricsRow.parse(row));
  } catch {
    throw new BadInput('This file has lines that are no metrics; start a new run instead.', { file });
  }
}

/** Where a new run's folder is made. */
export const placeOfRun = (configFile: string, out: string | undefined): string =>
  out === undefined ? join(dirname(configFile), '.grpo', 'runs') : resolve(out);

/** The newest run of a config that `--out` did not place elsewhere, or undefined. */
export function latestRun(configFile: string): string | undefined {
  const runs = join(dirname(configFile), '.grpo', 'runs');
  if (!existsSync(runs)) return undefined;
  // Names begin with the time, so their order is that of the runs.
  const names = readdirSync(runs).sort().reverse();
  return names.map((name) => join(runs, name)).find((run) => isRunOf(run, configFile));
}

function isRunOf(run: string, configFile: string): boolean {
  try {
    return readRunInfo(run).configFile === configFile;
  } catch {
    return false;
  }
}

const formatInfo = (info: RunInfo): string => `${JSON.stringify(info, null, 2)}\n`;

/** `made` is the outermost folder that was not there before: what to remove if the run cannot start. */
interface MadeFolder {
  path: string;
  made: string | undefined;
}

function makeOutFolder(path: string): MadeFolder {
  if (existsSync(join(path, RUN_FILES.info)))
    throw new BadInput(`There is already a run in ${path}; go on with it (--resume) or name another folder (--out).`);
  try {
    return { path, made: makeFolders(path) };
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** `20260131-154502-sort` (UTC), with a number behind it for a second run in the same second. */
function makeRunFolder({ configFile, name }: NewRun, now: string): MadeFolder {
  const runs = join(dirname(configFile), '.grpo', 'runs');
  const stamp = now.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  try {
    const made = makeFolders(runs);
    for (let attempt = 1; ; attempt++) {
      const path = join(runs, attempt === 1 ? `${stamp}-${name}` : `${stamp}-${name}-${attempt}`);
      if (existsSync(path)) continue;
      mkdirSync(path);
      return { path, made: made ?? path };
    }
  } catch (error) {
    throw writeFailure(runs, error);
  }
}

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
