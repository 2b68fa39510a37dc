import type { RolloutRow } from '../protocol/run-folder.ts';
import type { LoggedCompletion } from './completions-file.ts';

/** What has to be known to make rows of a run folder from what TRL logged. */
export interface Recording {
  /** By name, in the order of the trainer's `reward_funcs`. */
  weights: ReadonlyMap<string, number>;
  numGenerations: number;
}

/** Completions per prompt, of rows with the same prompt behind each other: also where two groups in a row have one prompt. */
export function groupSize(completions: readonly LoggedCompletion[]): number {
  const runs: number[] = [];
  let before: string | undefined;
  for (const { prompt } of completions) {
    const text = JSON.stringify(prompt);
    if (text === before) runs[runs.length - 1]! += 1;
    else runs.push(1);
    before = text;
  }
  return runs.reduce(greatestDivisor, 0) || 1;
}

export const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/**
 * The rows of a rollouts file. TRL does not log token ids, lengths, or which completions were cut off: there are no ids, and a length of 0 says
 * that it is not known.
 */
export function rolloutRows(
  step: number,
  completions: readonly LoggedCompletion[],
  { weights, numGenerations }: Recording,
): RolloutRow[] {
  return completions.map(({ prompt, completion, advantage, others }, index) => {
    const rewards: Record<string, number | null> = {};
    const extra: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(others))
      if (weights.has(name)) rewards[name] = typeof value === 'number' ? value : null;
      else extra[name] = value;
    return {
      step,
      group: Math.floor(index / numGenerations),
      prompt,
      prompt_ids: [],
      completion,
      completion_ids: [],
      rewards,
      reward: weightedSum(rewards, weights),
      advantage,
      length: 0,
      truncated: false,
      error: null,
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  });
}

/** As TRL's: functions that abstained count nothing; null where all did. */
function weightedSum(rewards: Record<string, number | null>, weights: ReadonlyMap<string, number>): number | null {
  const scored = Object.entries(rewards).filter((entry): entry is [string, number] => entry[1] !== null);
  return scored.length === 0 ? null : scored.reduce((sum, [name, score]) => sum + weights.get(name)! * score, 0);
}
