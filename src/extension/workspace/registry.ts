import type { HostCommand, TrainerEvent } from '../../protocol/events.ts';
import type { Run } from '../../run-folder/read-run.ts';
import type { Event } from './emitter.ts';

/** All runs of the workspace, whoever started them. */
export interface RunRegistry {
  /** Newest first. */
  readonly runs: readonly Run[];
  readonly onDidChangeRuns: Event<void>;
  /** What trainers of this window say, from their `start` on. */
  readonly onDidEmit: Event<{ folder: string; event: TrainerEvent }>;
  get(folder: string): Run | undefined;
  /** Asks the trainer of a live run; `stop` is followed up until its process is gone. For other runs nothing happens. */
  send(folder: string, command: HostCommand): void;
}
