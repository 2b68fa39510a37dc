import type { Disposable, Event } from 'vscode';
import type { HostCommand, TrainerEvent } from '../../protocol/events.ts';
import type { RunInfo, RunState } from '../../protocol/run-folder.ts';

/** A run as the editor shows it, read from its folder. */
export interface Run {
  /** The run folder's path, which is also the run's id. */
  readonly folder: string;
  readonly info: RunInfo;
  /** `info.state`, except that a run whose trainer died without a word is `interrupted`. */
  readonly status: RunState | 'interrupted';
  /** A trainer of this window is running it. */
  readonly live: boolean;
  /** The mean reward of the last step; null before the first. */
  readonly lastReward: number | null;
}

/** All runs of the workspace, whoever started them. */
export interface RunRegistry extends Disposable {
  /** Newest first. */
  readonly runs: readonly Run[];
  readonly onDidChangeRuns: Event<void>;
  /** What trainers of this window say, from their `start` on. */
  readonly onDidEmit: Event<{ folder: string; event: TrainerEvent }>;
  get(folder: string): Run | undefined;
  /** Asks the trainer of a live run; `stop` is followed up until its process is gone. For other runs nothing happens. */
  send(folder: string, command: HostCommand): void;
}
