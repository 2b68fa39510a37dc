import type { EncodedPrompt } from '../data/prompts.ts';
import type { StreamKey } from '../data/random.ts';
import { completionIds, type Trajectory } from '../grpo/trajectory.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { ScoreBatch } from '../protocol/rewards.ts';
import { inGroups } from '../protocol/row-groups.ts';
import { own } from '../text/own.ts';
import type { PolicySampler } from './policy/learner.ts';

/** One completion of a step, and the prompt it answers. */
export interface RolloutCompletion {
  /** Index of its group (its prompt) within the step. */
  group: number;
  prompt: EncodedPrompt;
  trajectory: Trajectory;
  /** Decoded without special tokens: what reward functions read. */
  text: string;
}

/** Groups of completions, one group after another. */
export type Rollout = RolloutCompletion[];

/** How many completions each of its groups has. */
export const groupSizes = (rollout: Rollout): number[] => inGroups(rollout).map(({ length }) => length);

/** Hears of each completion of a rollout as soon as it has ended; `row` is its place in the rollout. */
export type OnCompletion = (row: number, completion: RolloutCompletion) => void;

/** Samples a group of completions for each prompt. `key` decides every draw. */
export async function sampleRollout(
  sampler: PolicySampler,
  tokenizer: Tokenizer,
  prompts: readonly EncodedPrompt[],
  maxTokens: number,
  key: StreamKey,
  onCompletion?: OnCompletion,
): Promise<Rollout> {
  const ids = prompts.map((prompt) => prompt.ids);
  const decode = (trajectory: Trajectory) => tokenizer.decode(completionIds(trajectory), { skipSpecialTokens: true });
  const completionAt = (row: number, trajectory: Trajectory, text: string): RolloutCompletion => {
    const group = Math.floor(row / sampler.group);
    return { group, prompt: prompts[group]!, trajectory, text };
  };
  const early: RolloutCompletion[] = [];
  const onEnd = (row: number, trajectory: Trajectory) => {
    early[row] = completionAt(row, trajectory, decode(trajectory));
    onCompletion!(row, early[row]);
  };
  const trajectories = await sampler.sample(ids, maxTokens, key, onCompletion && onEnd);
  if (onCompletion) return early;
  const tokens = trajectories.reduce((sum, trajectory) => sum + completionIds(trajectory).length, 0);
  const texts = tokenizer.withinOneLimit(tokens, () => trajectories.map(decode));
  return trajectories.map((trajectory, row) => completionAt(row, trajectory, texts[row]!));
}

/** The rollout as reward functions get it. */
export function scoreBatch(
  rollout: readonly RolloutCompletion[],
  trainerState?: ScoreBatch['trainerState'],
): ScoreBatch {
  const names = Object.keys(rollout[0]?.prompt.columns ?? {});
  const renderedPrompts = rollout.flatMap(({ prompt }) => prompt.text ?? []);
  return {
    prompts: rollout.map(({ prompt }) => prompt.prompt),
    completions: rollout.map(({ text }) => text),
    completionIds: rollout.map(({ trajectory }) => completionIds(trajectory)),
    columns: Object.fromEntries(
      names.map((name) => [name, rollout.map(({ prompt }) => own(prompt.columns, name) ?? null)]),
    ),
    ...(renderedPrompts.length === rollout.length && { renderedPrompts }),
    ...(trainerState && { trainerState }),
  };
}
