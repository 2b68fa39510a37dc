/** What goes into reward functions and what comes out: shared by the trainer, the workers and the editor. */

/** A prompt as the dataset has it: plain text, or chat messages. */
export type ChatMessage = { role: string; content: string };
export type Prompt = string | ChatMessage[];

/** Completions to score. Every array has one entry per completion; `columns` holds the dataset's other columns. */
export interface ScoreBatch {
  prompts: Prompt[];
  completions: string[];
  columns: Record<string, unknown[]>;
  completionIds?: number[][];
  /** What TRL passes as `trainer_state`; absent outside training. */
  trainerState?: { globalStep: number; maxSteps: number };
}

export type FailureKind = 'throw' | 'timeout' | 'crash' | 'memory' | 'nan' | 'wrong-type' | 'wrong-length';

/** One function's verdict on one completion. A failure is never a silent 0; abstaining (`null`) is not 0 either. */
export type RewardOutcome =
  | { kind: 'score'; score: number; reason?: string; extracted?: string; steps?: { end: number; score: number }[] }
  | { kind: 'abstain' }
  | { kind: 'failure'; failure: FailureKind; message: string; file?: string; line?: number; column?: number };

/** One reward function's outcomes, one per completion, and the seconds that the call took. */
export interface RewardColumn {
  /** The function's name; the run's metrics use it (`rewards/<name>/mean`). */
  name: string;
  weight: number;
  outcomes: RewardOutcome[];
  seconds: number;
}

/** All functions' outcomes for a batch, and what Python rewards logged through `log_metric` and `log_extra`. */
export interface ScoreTable {
  columns: RewardColumn[];
  /** Means of what `log_metric(name, value)` was given, by name. */
  metrics: Record<string, number>;
  /** `log_extra(column, values)`: further columns for the completions table. */
  extra: Record<string, unknown[]>;
}
