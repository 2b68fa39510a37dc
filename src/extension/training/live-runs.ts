import type { HostCommand, TrainerEvent } from '../../protocol/events.ts';

/** The list of runs, as far as it hears of those that are trained here. */
export interface LiveRuns {
  attach(folder: string, send: (command: HostCommand) => void): Promise<void>;
  detach(folder: string): Promise<void>;
  emit(folder: string, event: TrainerEvent): void;
}
