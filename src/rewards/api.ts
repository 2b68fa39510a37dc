// What a reward function gets and gives back: library.ts offers it, with the helpers, as `grpo/rewards`.

/** A message as the dataset has it, with its other fields, such as `tool_calls`. */
export interface ChatMessage {
  role: string;
  /** Null or absent in a turn that only calls tools; a list of parts if the dataset has one. */
  content?: string | null | { type?: string; text?: string; [field: string]: unknown }[];
  [field: string]: unknown;
}

/** The dataset's columns other than the prompt. Name yours for typed access: `RewardInput<{ answer: number }>`. */
type Columns = Record<string, unknown>;

/** What a reward function gets: one completion, its prompt, and the dataset row's other columns. */
export type RewardInput<Row extends object = Columns> = Row & {
  /** The prompt's text; for a chat, the texts of its messages, separated by empty lines. */
  prompt: string;
  /** The chat messages, when the prompt is a chat. */
  messages?: ChatMessage[];
  /** The prompt as the model sees it, rendered by its chat template, if known (not for hand-written samples). */
  renderedPrompt?: string;
  completion: string;
  /** The completion's token ids, if known (not for hand-written samples). */
  completionIds?: number[];
};

/** What a batch reward gets: every array has one entry per completion. */
export type BatchRewardInput<Row extends object = Columns> = { [Name in keyof Row]: Row[Name][] } & {
  prompts: string[];
  messages?: (ChatMessage[] | undefined)[];
  renderedPrompts?: string[];
  completions: string[];
  completionIds?: number[][];
};

/** A score with its explanation. */
export interface RewardResult {
  /** Finite; null abstains. */
  score: number | null;
  /** The reason for the score: one sentence, shown next to it. */
  reason?: string;
  /** The answer extracted from the completion. */
  extracted?: string | number;
  /** Scores of parts of the completion, for process supervision. Each ends before character `end` of the completion. */
  steps?: { end: number; score: number }[];
}

/** A reward: higher is better; null abstains, which is not the same as 0. */
export type Reward = number | null | RewardResult;

const BATCH = Symbol.for('grpo.batchReward');

/**
 * Marks a function that scores all completions of a batch at once, for example to compare them. An error in its list is the failure of that completion
 * alone; one that is thrown is of all of them.
 */
export function batchReward<Row extends object = Columns>(
  score: (input: BatchRewardInput<Row>) => (Reward | Error)[] | Promise<(Reward | Error)[]>,
): (input: BatchRewardInput<Row>) => (Reward | Error)[] | Promise<(Reward | Error)[]> {
  return Object.defineProperty(score, BATCH, { value: true });
}
