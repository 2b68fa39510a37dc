/** What goes into reward functions and what comes out: shared by the trainer, the workers and the editor. */

/** A prompt as the dataset has it: plain text, or chat messages. */
export interface ChatMessage {
  role: string;
  /** Null, or not there, in a turn that only calls tools; parts where the dataset has such. */
  content?: string | null | ContentPart[];
  /** What else the dataset gives the model's chat template: `tool_calls`, `name`. */
  [field: string]: unknown;
}
/** A part of a message; one that is no text has other fields. */
export type ContentPart = { type?: string; text?: string; [field: string]: unknown };
export type Prompt = string | ChatMessage[];

/** How a judge sees the completions of a group: in the order of the batch, or in reverse. */
export type AnswerOrder = 'given' | 'reversed';

/** Completions to score. Every array has one entry per completion; `columns` holds the dataset's other columns. */
export interface ScoreBatch {
  prompts: Prompt[];
  /** The prompts as the model sees them; absent where that is not known. */
  renderedPrompts?: string[];
  completions: string[];
  columns: Record<string, unknown[]>;
  completionIds?: number[][];
  /** What TRL passes as `trainer_state`; absent outside training. */
  trainerState?: { globalStep: number; maxSteps: number };
  /** For functions that show a judge several completions at once; without it, they choose an order. */
  order?: AnswerOrder;
}

/**
 * Why a function gave no score: `throw` an exception, `timeout` past the wall-clock limit, `crash` the worker process ended,
 * `memory` past the memory limit, `nan` a score that is not finite, `too-large` one beyond `LARGEST_SCORE`, `wrong-type` a result that is
 * no reward, `wrong-length` a batch function whose list has not one entry per completion.
 */
export const FAILURE_KINDS = [
  ...(['throw', 'timeout', 'crash', 'memory'] as const),
  ...(['nan', 'too-large', 'wrong-type', 'wrong-length'] as const),
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/**
 * Scores are within ± this. Their squares, 1e24, and sums of those (standard deviations, the length of the gradient) stay far below the
 * largest float32, 3.4e38, with weights up to a million too. Where larger weights take them beyond, the update is not finite and the run says so.
 */
export const LARGEST_SCORE = 1e12;

/**
 * A failure's place is the user's own line that threw, else the function's declaration; lines and columns count from 1.
 */
export interface RewardFailure {
  kind: 'failure';
  failure: FailureKind;
  message: string;
  /** The form in which the code reads prompts and completions, where it failed because they have the other. */
  reads?: 'text' | 'chat' | undefined;
  file?: string | undefined;
  line?: number | undefined;
  column?: number | undefined;
}

/** A step of a completion, for process supervision: it ends before character `end` (UTF-16 units) of the completion. */
export interface RewardStep {
  end: number;
  score: number;
}

export interface RewardScore {
  kind: 'score';
  /** Finite, and at most `LARGEST_SCORE` from 0. */
  score: number;
  reason?: string | undefined;
  extracted?: string | undefined;
  steps?: RewardStep[] | undefined;
}

/** One function's verdict on one completion. A failure is never a silent 0; abstaining (`null`) is not 0 either. */
export type RewardOutcome = RewardScore | { kind: 'abstain' } | RewardFailure;

/** One reward function's outcomes, one per completion, and the seconds that the call took. */
export interface RewardColumn {
  /** The function's name; the run's metrics use it (`rewards/<name>/mean`). */
  name: string;
  weight: number;
  outcomes: RewardOutcome[];
  seconds: number;
  /** Completions that failed because the time for the whole batch was over; absent for none. */
  givenUp?: number;
}

/** All functions' outcomes for a batch, and what Python rewards logged through `log_metric` and `log_extra`. */
export interface ScoreTable {
  columns: RewardColumn[];
  /** Means of what `log_metric(name, value)` was given, by name; NaN where a value was not finite. */
  metrics: Record<string, number>;
  /** `log_extra(column, values)`: further columns for the completions table. */
  extra: Record<string, unknown[]>;
  /** What the calls used up, such as a judge's tokens: sums, by metric. */
  totals?: Record<string, number>;
}

/** The version of the messages in reward-worker.ts. It stands here so that workers need not bundle the code that checks them. */
export const REWARD_WORKER_VERSION = 3;
