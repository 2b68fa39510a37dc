import type { HostCommand, TrainerEvent } from '../../protocol/events.ts';
import type { Run } from '../../run-folder/read-run.ts';
import type { Clock } from './clock.ts';
import { Emitter } from './emitter.ts';
import { InTurn } from './in-turn.ts';
import { LabelledRuns } from './label-runs.ts';
import type { RunRegistry } from './registry.ts';

/** Views need not know of changes any sooner. */
const COALESCE_MS = 200;
/** A trainer that was killed elsewhere changes no file: look at its lock now and then. */
const LOOK_MS = 5000;

/** Where runs are read from. */
export interface RunSource {
  /** The run folders of the workspace. */
  find(): Promise<string[]>;
  /** Undefined when there is no run that can be read. */
  read(folder: string, live: boolean): Promise<Run | undefined>;
}

/** The runs of the workspace's folders as they are on disk, kept up to date by file events and by our own trainers. */
export class RunList implements RunRegistry {
  readonly #source: RunSource;
  readonly #clock: Clock;
  readonly #runs = new LabelledRuns();
  /** How to reach the trainers of this window, by run folder. */
  readonly #live = new Map<string, (command: HostCommand) => void>();
  readonly #changed = new Emitter<void>();
  readonly #emitted = new Emitter<{ folder: string; event: TrainerEvent }>();
  readonly #stale = new Set<string>();
  /** The last task of each folder that has any. */
  /** By folder: what was read first must not replace what was read later, however long it took. */
  readonly #turns = new InTurn();
  #scan: Promise<void> = Promise.resolve();
  #cancelChange: (() => void) | undefined;
  #cancelLook = () => {};
  #disposed = false;

  readonly onDidChangeRuns = this.#changed.event;
  readonly onDidEmit = this.#emitted.event;
  /** Settled when the runs that were there at the start have been read. */
  readonly scanned: Promise<void>;

  constructor(source: RunSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.#lookLater();
    this.scanned = this.scan();
  }

  get runs(): readonly Run[] {
    return this.#runs.all;
  }

  get(folder: string): Run | undefined {
    return this.#runs.get(folder);
  }

  send(folder: string, command: HostCommand): void {
    this.#live.get(folder)?.(command);
  }

  /** From now on the run is one of ours; settled when it is in the list. */
  async attach(folder: string, send: (command: HostCommand) => void): Promise<void> {
    this.#live.set(folder, send);
    await this.#read(folder);
    this.#changed.fire();
  }

  /** Its trainer is gone. */
  async detach(folder: string): Promise<void> {
    this.#live.delete(folder);
    await this.#read(folder);
    this.#changed.fire();
  }

  emit(folder: string, event: TrainerEvent): void {
    const run = this.#runs.get(folder);
    if (run && event.type === 'step') {
      const info = { ...run.info, step: event.step };
      this.#runs.set(folder, { ...run, info });
      // What it has come to is in its metrics.
      this.refresh(folder);
    } else if (event.type !== 'phase' && event.type !== 'scored' && event.type !== 'log') {
      this.refresh(folder);
    }
    this.#emitted.fire({ folder, event });
  }

  /** The folder may have changed: reads it soon. */
  refresh(folder: string): void {
    this.#stale.add(folder);
    this.#changeSoon();
  }

  /** Looks for the workspace's runs again: its folders may be others. */
  scan(): Promise<void> {
    // After the one before, whose answer is older.
    const now = () => this.#scanNow();
    this.#scan = this.#scan.then(now, now);
    return this.#scan;
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelChange?.();
    this.#cancelLook();
    this.#changed.dispose();
    this.#emitted.dispose();
  }

  #changeSoon(): void {
    if (this.#disposed) return;
    this.#cancelChange ??= this.#clock.after(COALESCE_MS, async () => {
      const folders = [...this.#stale];
      this.#stale.clear();
      await Promise.allSettled(folders.map((folder) => this.#read(folder)));
      this.#cancelChange = undefined;
      this.#changed.fire();
      if (this.#stale.size > 0) this.#changeSoon();
    });
  }

  async #scanNow(): Promise<void> {
    // Those that come while it is searched are not among those found.
    const before = this.#runs.keys();
    const found = new Set(await this.#source.find());
    const gone = before.filter((folder) => !found.has(folder) && !this.#live.has(folder));
    await Promise.all([
      ...gone.map((folder) => this.#turns.run(folder, async () => void this.#runs.delete(folder))),
      ...[...found].map((folder) => this.#read(folder)),
    ]);
    this.#changed.fire();
  }

  #read(folder: string): Promise<void> {
    return this.#turns.run(folder, async () => {
      const run = await this.#source.read(folder, this.#live.has(folder));
      const known = this.#runs.get(folder);
      if (!run) this.#runs.delete(folder);
      // The trainer's steps come sooner than its files are read.
      else if (run.live && known?.live && known.info.step > run.info.step)
        this.#runs.set(folder, { ...run, info: { ...run.info, step: known.info.step } });
      else this.#runs.set(folder, run);
    });
  }

  #lookLater(): void {
    this.#cancelLook = this.#clock.after(LOOK_MS, () => {
      for (const { folder, live, status } of this.#runs.all)
        if (!live && (status === 'running' || status === 'paused' || status === 'stopping')) this.refresh(folder);
      this.#lookLater();
    });
  }
}
