import type { ModelConfig } from '../model/config.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { PromptList } from './prompt-list.ts';

export interface PromptLengths {
  /** In tokens. */
  shortest: number;
  longest: number;
  /** Prompts that leave no room for a completion, and where the first of them is. */
  beyond: { count: number; first: SourceLocation | undefined };
}

/** Tokenizing all prompts of a large dataset takes minutes. This many of those with the most and with the fewest characters are tokenized. */
const LOOKED_AT = 32;

/** How long a dataset's prompts are: the extremes of those that have the most and the fewest characters. */
export function promptLengths(prompts: PromptList): PromptLengths {
  const characters = Array.from({ length: prompts.length }, (_, index) => {
    const { prompt } = prompts.row(index);
    return { index, length: typeof prompt === 'string' ? prompt.length : JSON.stringify(prompt).length };
  }).sort((a, b) => a.length - b.length);
  const ends = new Set([...characters.slice(0, LOOKED_AT), ...characters.slice(-LOOKED_AT)]);
  const lengths: PromptLengths = {
    shortest: Number.POSITIVE_INFINITY,
    longest: 0,
    beyond: { count: 0, first: undefined },
  };
  for (const { index } of ends)
    try {
      const { length } = prompts.at(index).ids;
      lengths.shortest = Math.min(lengths.shortest, length);
      lengths.longest = Math.max(lengths.longest, length);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      lengths.beyond.count++;
      lengths.beyond.first ??= error.problem.place;
    }
  return lengths;
}

/** Tokens that the model's context leaves for a completion of the longest prompt. */
export const completionRoom = (model: Pick<ModelConfig, 'maxPositionEmbeddings'>, prompts: PromptList): number =>
  model.maxPositionEmbeddings - promptLengths(prompts).longest;
