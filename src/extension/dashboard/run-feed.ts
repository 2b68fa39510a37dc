import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { RunHead } from '../../protocol/dashboard.ts';
import type { MetricColumns } from '../../protocol/metric-columns.ts';
import { RUN_FILES } from '../../protocol/run-folder.ts';
import { MetricsTail } from '../../run-folder/metrics-tail.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { newestRollouts } from '../../run-folder/rollouts.ts';
import { readRunInfoLater } from '../../run-folder/run-info.ts';
import { isWritten } from '../../run-folder/run-lock.ts';
import { defined } from '../../text/defined.ts';

/** At most 10 updates a second reach the dashboard, however fast the steps are. */
const UPDATE_INTERVAL_MS = 100;

/** Its label, what people wrote about it, and whether a trainer of this window runs it. */
export type KnownRun = Pick<Run, 'name' | 'about' | 'live'>;

/** Follows a run folder and says, coalesced, when there is more to show. Whoever writes the folder, it is seen here. */
export class RunFeed {
  readonly folder: string;
  readonly #tail: MetricsTail;
  readonly #known: () => KnownRun | undefined;
  readonly #onUpdate: () => void;
  #head: RunHead | undefined;
  readonly #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  #updatedAt = -Infinity;
  #disposed = false;

  /** `known` tells what the list of runs knows of it; `onUpdate` is called after each reading that may show something new. */
  constructor(folder: string, known: () => KnownRun | undefined, onUpdate: () => void) {
    this.folder = folder;
    this.#tail = new MetricsTail(folder);
    this.#known = known;
    this.#onUpdate = onUpdate;
    for (const place of [folder, join(folder, RUN_FILES.rollouts)]) this.#watch(place);
    void this.#read();
  }

  get columns(): MetricColumns {
    return this.#tail.columns;
  }

  /** Changes when rows that were read have been taken back. */
  get generation(): number {
    return this.#tail.generation;
  }

  /** Undefined until `run.json` was read, or when there is none. */
  get head(): RunHead | undefined {
    return this.#head;
  }

  /** Something may be new: reads soon. */
  changed(): void {
    this.#readIn(UPDATE_INTERVAL_MS);
  }

  dispose(): void {
    this.#disposed = true;
    for (const watcher of this.#watchers) watcher.close();
    clearTimeout(this.#timer);
  }

  #watch(place: string): void {
    try {
      const watcher = watch(place, () => this.changed());
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    } catch {
      // A file system that cannot be watched: the trainer's own events still come.
    }
  }

  #readIn(milliseconds: number): void {
    if (this.#disposed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, milliseconds);
  }

  async #read(): Promise<void> {
    // A slow disk: the next turn takes what this one does not see.
    if (this.#disposed) return;
    if (this.#reading) return this.changed();
    this.#reading = true;
    try {
      await this.#readHead();
      await this.#tail.read(() => this.#update());
      if (!this.#update()) this.#readIn(this.#updatedAt + UPDATE_INTERVAL_MS - performance.now());
    } finally {
      this.#reading = false;
    }
  }

  /** False when the last update was too short a time ago: reads take as long as the disk does, so timers alone do not keep them apart. */
  #update(): boolean {
    if (performance.now() - this.#updatedAt < UPDATE_INTERVAL_MS) return false;
    this.#updatedAt = performance.now();
    if (!this.#disposed) this.#onUpdate();
    return true;
  }

  async #readHead(): Promise<void> {
    const info = await readRunInfoLater(this.folder);
    // While it is replaced, or after the folder was deleted: what was there stays on screen.
    if (!info) return;
    const { createdAt, state, reason, step, device, config } = info;
    const { rewards, rewardSources, inputs, changes, findings, imported, completionRoom } = info;
    const scored = await newestRollouts(this.folder, step);
    const known = this.#known();
    const trainer = known?.live ? 'ours' : (await isWritten(this.folder)) ? 'other' : 'none';
    const described = {
      name: known?.name ?? info.name,
      createdAt,
      state,
      reason,
      step,
      scored,
      device,
      config,
      ...defined({ rewards, rewardSources, inputs, changes, findings, imported, completionRoom, about: known?.about }),
    };
    this.#head = { folder: this.folder, ...described, trainer };
  }
}
