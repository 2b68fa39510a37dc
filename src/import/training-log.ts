import type { MetricsRow, RolloutRow } from '../protocol/run-folder.ts';

/** The completions of a step, or of an evaluation after it. */
export interface LoggedBatch {
  step: number;
  isEvaluation: boolean;
  /** Completions. */
  count: number;
  /** Another text whenever `rows` would give others. */
  digest: string;
  /** Group by group; `columns` are those that were logged. */
  rows: () => Promise<RolloutRow[]>;
}

/** What a training of another program has written so far. */
export interface TrainingLog {
  batches: LoggedBatch[];
  /** By step; what rows alone tell is added where it is not there. */
  metrics: ReadonlyMap<number, MetricsRow>;
  /** The reward functions by name, with their weights; 0 for what was logged beside the reward and was no part of it. */
  weights: ReadonlyMap<string, number>;
  /** Completions per prompt. */
  numGenerations: number;
  /** Settings under TRL's names, where they are known. */
  args: Record<string, unknown> | undefined;
  /** How many steps it is to have, where that is known. */
  maxSteps: number | undefined;
  /** It has come to its end. */
  done: boolean;
  /** When it began, in milliseconds since 1970, where that is known. */
  startedAt: number | undefined;
  /** What the files do not tell, and the line or the option that adds it: a sentence each. */
  missing: string[];
  /** The same of the dataset's columns, where no dataset is named; undefined: rows have them all. */
  missingColumns: string | undefined;
}

/** Reads a folder as often as it is asked; a file again only when it has changed. */
export interface LogReader {
  /** The program: "TRL", "verl" or "prime-rl". */
  readonly from: string;
  /** Another text whenever there is something new to read. */
  state: () => string;
  /** Throws BadInput where nothing of the program is there any more. */
  read: () => Promise<TrainingLog>;
}
