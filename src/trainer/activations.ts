import type { Sequence } from '../model/batch.ts';
import type { ModelConfig } from '../model/config.ts';

/** Intermediate results of one layer's attention at a time, beside the weights that every layer keeps: scores, and gradients of both. */
const PASSING = 6;

/**
 * What the activations of a micro-batch take, roughly: `prompts` groups of `group` completions, of which `sequences` may leave some out at the
 * end.
 */
export function activationBytes(
  { layers, heads, hiddenSize, intermediateSize, vocabSize }: ModelConfig,
  sequences: readonly Sequence[],
  { prompts, group }: { prompts: number; group: number },
): number {
  const promptLengths = sequences.filter((_, row) => row % group === 0).map(({ promptIds }) => promptIds.length);
  const completionLengths = sequences.map(({ completionIds }) => completionIds.length);
  const tokens = sum(promptLengths) + sum(completionLengths);
  // The layers' intermediate results, and up to four rows of logits.
  const ofTokens = tokens * (layers * (10 * hiddenSize + 5 * intermediateSize) + 4 * vocabSize);
  // Attention pads prompts and completions to the longest, and its weights are kept for the gradient.
  const [prompt, completion] = [Math.max(...promptLengths), Math.max(...completionLengths)];
  const pairs = prompts * (prompt ** 2 + group * completion * (prompt + completion));
  const ofPairs = heads * pairs * (layers + PASSING);
  return Float32Array.BYTES_PER_ELEMENT * (ofTokens + ofPairs);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
