import type { TrainerEvent, TrainerStatus } from '../../protocol/events.ts';
import type { RunFinding } from '../../protocol/run-finding.ts';
import type { Event } from './emitter.ts';
import type { TrainingRequest } from './request.ts';
import type { RunProgress } from './run-progress.ts';

export type Stage = 'starting' | 'running' | 'paused' | 'stopping' | 'terminating';

/** What a trainer asks that was to resume a run. */
export type Differences = Extract<TrainerEvent, { type: 'differences' }>;

/** The run that is being trained. */
export interface ActiveTraining {
  readonly request: TrainingRequest;
  readonly progress: RunProgress;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  stage: Stage;
  /** Known from the trainer's `start` on. */
  folder: string | undefined;
  /** What its trainer said when it paused; with a reason if nobody asked for it. */
  pause: Extract<TrainerEvent, { type: 'state' }> | undefined;
  /** What its curves show, the worst first. */
  findings: readonly RunFinding[];
  /** Someone asked it to stop. */
  stopRequested: boolean;
  /** It is stopped to be started again. */
  restarts?: boolean;
  /** It ends with a question. */
  differences?: Differences;
}

/** Runs by their folders, with the names that they have everywhere. */
export interface NamedRuns {
  get(folder: string): { readonly name: string } | undefined;
}

/** What a training is called: as its run, or as its config as long as there is none. */
export function nameOfTraining(
  { folder, request }: Pick<ActiveTraining, 'folder' | 'request'>,
  runs: NamedRuns,
): string {
  const run = folder ?? request.resume;
  return (run === undefined ? undefined : runs.get(run)?.name) ?? request.name;
}

/** The training in this window, for features that show it. */
export interface CurrentTraining {
  readonly active: ActiveTraining | undefined;
  /** Those that wait, in the order in which they start. */
  readonly queue: readonly TrainingRequest[];
  /** `active`, how far it is, or `queue` has changed. */
  readonly onDidChange: Event<void>;
  /** Where the trainer is; undefined when there is none, or it does not answer. */
  status(): Promise<TrainerStatus | undefined>;
}
