import type { ModelConfig } from '../config.ts';
import type { Sequence } from './batch.ts';

/** Intermediate results of one layer's attention at a time, beside the weights of every layer that is kept: scores, and gradients of both. */
const PASSING = 6;

/**
 * What the activations of sequences take, roughly, of which each `group` share a prompt. `kept` layers' are there at the same time: all of them for
 * a gradient.
 */
export function activationBytes(
  { heads, hiddenSize, intermediateSize, vocabSize }: ModelConfig,
  sequences: readonly Sequence[],
  group: number,
  kept: number,
): number {
  const promptLengths = sequences.filter((_, row) => row % group === 0).map(({ promptIds }) => promptIds.length);
  const completionLengths = sequences.map(({ completionIds }) => completionIds.length);
  const tokens = sum(promptLengths) + sum(completionLengths);
  // The layers' intermediate results, and up to four rows of logits.
  const ofTokens = tokens * (kept * (10 * hiddenSize + 5 * intermediateSize) + 4 * vocabSize);
  // Attention pads prompts and completions to the longest, and its weights are kept for the gradient.
  const [prompt, completion] = [Math.max(...promptLengths), Math.max(...completionLengths)];
  const pairs = promptLengths.length * (prompt ** 2 + group * completion * (prompt + completion));
  const ofPairs = heads * pairs * (kept + PASSING);
  return Float32Array.BYTES_PER_ELEMENT * (ofTokens + ofPairs);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
