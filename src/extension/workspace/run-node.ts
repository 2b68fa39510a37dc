import type { Checkpoint } from '../../run-folder/checkpoints.ts';
import type { Run } from '../../run-folder/read-run.ts';
import type { TrainingRequest } from './request.ts';

/** A row of the view of runs; commands get the one that they were chosen on. */
export type RunNode =
  | { kind: 'state'; title: string; children: RunNode[] }
  | { kind: 'run'; run: Run }
  | { kind: 'queued'; request: TrainingRequest }
  | { kind: 'starting'; name: string }
  | { kind: 'checkpoint'; run: Run; checkpoint: Checkpoint };
