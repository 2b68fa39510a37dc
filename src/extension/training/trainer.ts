import type { HostCommand, TrainerEvent, TrainerStatus } from '../../protocol/events.ts';
import type { Event } from '../workspace/emitter.ts';
import type { TrainingRequest } from '../workspace/request.ts';
import type { TrainerExit } from './trainer-process.ts';

/** What is needed of a trainer process. */
export interface Trainer {
  readonly pid: number | undefined;
  readonly exited: Promise<TrainerExit>;
  readonly onDidEmit: Event<TrainerEvent>;
  readonly onDidPrint: Event<string>;
  send(command: HostCommand): void;
  status(): Promise<TrainerStatus | undefined>;
  terminate(): Promise<void>;
  dispose(): void;
}

/** How trainers come and go. */
export interface Trainers {
  /** Whether the workspace's code may run. */
  mayRun(): boolean;
  /** Finds out what it takes; what it gives starts the process. */
  prepare(request: TrainingRequest): Promise<() => Trainer>;
  /** The window closes: settled when the trainer is gone or in good hands. */
  leave(trainer: Trainer): Promise<void>;
}
