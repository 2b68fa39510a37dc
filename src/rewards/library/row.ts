import type { RewardInput, RewardResult } from '../api.ts';

/** A reward function of one completion, as the helpers of this library make them: export it, and it is a reward. */
export type RowReward = (input: RewardInput) => RewardResult;

/** The row's value in a dataset column; throws when there is no such column, and names those that there are. */
export function columnOf(input: RewardInput, column: string, helper: string): unknown {
  if (column in input) return input[column];
  const given = new Set(['prompt', 'renderedPrompt', 'messages', 'completion', 'completionIds']);
  const columns = Object.keys(input).filter((name) => !given.has(name));
  const has = columns.length > 0 ? `they have ${columns.join(', ')}` : 'they have none besides the prompt';
  throw new Error(`${helper} wants the column "${column}", which these rows lack: ${has}.`);
}
