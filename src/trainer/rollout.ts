import type { EncodedPrompt } from '../data/prompts.ts';
import type { Completion, Sampler } from '../model/generation/sampler.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Weights } from '../model/weights-tree.ts';
import type { ScoreBatch } from '../protocol/rewards.ts';
import { own } from '../text/own.ts';

/** One completion of a step, and the prompt it answers. */
export interface RolloutCompletion {
  /** Index of its group (its prompt) within the step. */
  group: number;
  prompt: EncodedPrompt;
  ids: number[];
  /** Decoded without special tokens: what reward functions read. */
  text: string;
  truncated: boolean;
}

/** Groups of completions, one group after another. */
export type Rollout = RolloutCompletion[];

/** Samples a group of completions for each prompt. `uniforms` decides every draw. */
export async function sampleRollout(
  sampler: Sampler,
  weights: Weights,
  tokenizer: Tokenizer,
  prompts: EncodedPrompt[],
  maxTokens: number,
  uniforms: Float32Array,
): Promise<Rollout> {
  const ids = prompts.map((prompt) => prompt.ids);
  const completions: Completion[] = await sampler.sample(weights, ids, maxTokens, uniforms);
  const groupSize = completions.length / prompts.length;
  return completions.map((completion, index) => {
    const group = Math.floor(index / groupSize);
    return {
      group,
      prompt: prompts[group]!,
      ids: completion.ids,
      text: tokenizer.decode(completion.ids, { skipSpecialTokens: true }),
      truncated: completion.truncated,
    };
  });
}

/** The rollout as reward functions get it. */
export function scoreBatch(rollout: Rollout, trainerState?: ScoreBatch['trainerState']): ScoreBatch {
  const names = Object.keys(rollout[0]?.prompt.columns ?? {});
  const renderedPrompts = rollout.flatMap(({ prompt }) => prompt.text ?? []);
  return {
    prompts: rollout.map(({ prompt }) => prompt.prompt),
    completions: rollout.map(({ text }) => text),
    completionIds: rollout.map(({ ids }) => ids),
    columns: Object.fromEntries(
      names.map((name) => [name, rollout.map(({ prompt }) => own(prompt.columns, name) ?? null)]),
    ),
    ...(renderedPrompts.length === rollout.length && { renderedPrompts }),
    ...(trainerState && { trainerState }),
  };
}
