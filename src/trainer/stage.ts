import type { Problem } from '../protocol/errors.ts';
import type { TrainerEvent } from '../protocol/events.ts';
import type { Finding } from '../protocol/finding.ts';
import type { MetricsRow, RolloutRow, UpdatedRow } from '../protocol/run-folder.ts';
import type { Progress } from './policy/learner.ts';

/** A way of training, step by step: what `train` repeats, saves and continues. */
export interface Stage {
  /** How far it is. */
  readonly progress: Progress;
  /**
   * Takes the step after that. Undefined: the run was stopped before the step was done, and nothing has changed. Throws Diverged when the
   * step's numbers are not finite.
   */
  step(loop: TrainingLoop): Promise<StepRecord | undefined>;
  /** Fills an empty folder with all that `restore` needs. */
  save(folder: string): Promise<void>;
  /** Continues from such a folder. Throws BadInput when it is not one. */
  restore(folder: string): Promise<void>;
}

/** What the run folder keeps of a step, besides its completions. */
export interface StepRecord {
  metrics: MetricsRow;
  /** Of each completion, in their order; undefined where there are none. */
  update?: UpdatedRow[];
}

/** What was sampled in a step, and what it earned, before the policy is updated. */
export interface ScoredCompletions {
  step: number;
  rows: RolloutRow[];
  /** What earlier steps sampled, and this one learns from again. */
  replayed?: RolloutRow[];
  /** What was sampled too, and is not learned from. */
  discarded?: RolloutRow[];
  /** What they show of the run; computed when it is asked for. */
  findings(): Finding[];
}

/** Why a run pauses without being asked to: a sentence, and the same as data. A BadInput or RunFailure is one. */
export interface PauseReason {
  message: string;
  problem?: Problem | undefined;
  findings?: Finding[] | undefined;
}

/** What a step may ask of the loop around it. */
export interface TrainingLoop {
  emit(event: TrainerEvent): void;
  /** The run was asked to stop. */
  readonly stopping: boolean;
  /** Someone watches who can fix a problem and resume. */
  readonly attended: boolean;
  /** Saves a checkpoint of what was learned so far. */
  save(): Promise<void>;
  /** Keeps and shows the step's completions, before the policy is updated; says whether the run continues. */
  scored(completions: ScoredCompletions): Promise<boolean>;
  /** Waits until the run is resumed or stopped; says whether it continues. */
  pause(why: PauseReason): Promise<boolean>;
}
