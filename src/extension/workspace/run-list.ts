import { dirname } from 'node:path';
import { Disposable, EventEmitter, workspace } from 'vscode';
import type { HostCommand, TrainerEvent } from '../../protocol/events.ts';
import type { Run } from '../../run-folder/read-run.ts';
import type { RunRegistry } from './registry.ts';

const RUN_INFO = '**/.grpo/runs/*/run.json';
/** Views need not know of changes any sooner. */
const COALESCE_MS = 200;
/** A trainer that was killed elsewhere changes no file: look at its lock now and then. */
const LOOK_MS = 5000;

/** The runs of the workspace's folders as they are on disk, kept up to date by file events and by our own trainers. */
export class RunList implements RunRegistry {
  readonly #runs = new Map<string, Run>();
  /** How to reach the trainers of this window, by run folder. */
  readonly #live = new Map<string, (command: HostCommand) => void>();
  readonly #changed = new EventEmitter<void>();
  readonly #emitted = new EventEmitter<{ folder: string; event: TrainerEvent }>();
  readonly #stale = new Set<string>();
  readonly #subscriptions: Disposable[] = [];
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeRuns = this.#changed.event;
  readonly onDidEmit = this.#emitted.event;
  /** Settled when the runs that were there at the start have been read. */
  readonly scanned: Promise<void>;

  constructor() {
    const watcher = workspace.createFileSystemWatcher(RUN_INFO);
    const look = setInterval(() => this.#lookAtOthers(), LOOK_MS);
    this.#subscriptions.push(
      watcher,
      watcher.onDidCreate(({ fsPath }) => this.refresh(dirname(fsPath))),
      watcher.onDidChange(({ fsPath }) => this.refresh(dirname(fsPath))),
      watcher.onDidDelete(({ fsPath }) => this.refresh(dirname(fsPath))),
      workspace.onDidChangeWorkspaceFolders(() => this.#scan()),
      new Disposable(() => clearInterval(look)),
      new Disposable(() => clearTimeout(this.#timer)),
      this.#changed,
      this.#emitted,
    );
    this.scanned = this.#scan();
  }

  get runs(): readonly Run[] {
    return [...this.#runs.values()].sort((a, b) => b.info.createdAt.localeCompare(a.info.createdAt));
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
      this.#runs.set(folder, { ...run, info, lastReward: event.metrics.reward ?? null });
      this.#changeSoon();
    } else if (event.type !== 'phase' && event.type !== 'log') {
      this.refresh(folder);
    }
    this.#emitted.fire({ folder, event });
  }

  /** The folder may have changed: reads it soon. */
  refresh(folder: string): void {
    this.#stale.add(folder);
    this.#changeSoon();
  }

  dispose(): void {
    Disposable.from(...this.#subscriptions).dispose();
  }

  #changeSoon(): void {
    this.#timer ??= setTimeout(async () => {
      const folders = [...this.#stale];
      this.#stale.clear();
      await Promise.all(folders.map((folder) => this.#read(folder)));
      this.#timer = undefined;
      this.#changed.fire();
      if (this.#stale.size > 0) this.#changeSoon();
    }, COALESCE_MS);
  }

  async #scan(): Promise<void> {
    const files = await workspace.findFiles(RUN_INFO, '**/node_modules/**');
    const found = new Set(files.map(({ fsPath }) => dirname(fsPath)));
    for (const folder of this.#runs.keys())
      if (!found.has(folder) && !this.#live.has(folder)) this.#runs.delete(folder);
    await Promise.all([...found].map((folder) => this.#read(folder)));
    this.#changed.fire();
  }

  async #read(folder: string): Promise<void> {
    const { readRun } = await import('../../run-folder/read-run.ts');
    const run = await readRun(folder, this.#live.has(folder));
    // The trainer's steps come sooner than its files are read.
    const known = this.#runs.get(folder);
    if (!run) this.#runs.delete(folder);
    else if (run.live && known && known.info.step > run.info.step)
      this.#runs.set(folder, { ...run, info: { ...run.info, step: known.info.step }, lastReward: known.lastReward });
    else this.#runs.set(folder, run);
  }

  #lookAtOthers(): void {
    for (const { folder, live, status } of this.#runs.values())
      if (!live && (status === 'running' || status === 'paused' || status === 'stopping')) this.refresh(folder);
  }
}
