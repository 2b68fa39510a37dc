import { convolvedWidth, isAttention, type Mixer, type ModelConfig } from '../config.ts';
import type { Sequence } from './batch.ts';
import { CHUNK } from './delta-rule.ts';

/** Intermediate results of one layer's attention at a time, besides the weights of every layer that is kept: scores, and gradients of both. */
const PASSING = 6;

/**
 * Bytes that the activations of sequences take, roughly, of which each `group` share a prompt. For a gradient those of all layers are kept;
 * otherwise each layer's are given up for the next one's.
 */
export function activationBytes(
  { layers, hiddenSize, vocabSize }: Pick<ModelConfig, 'layers' | 'hiddenSize' | 'vocabSize'>,
  sequences: readonly Sequence[],
  group: number,
  { forGradient }: { forGradient: boolean },
): number {
  const promptLengths = sequences.filter((_, row) => row % group === 0).map(({ promptIds }) => promptIds.length);
  const completionLengths = sequences.map(({ completionIds }) => completionIds.length);
  const tokens = sum(promptLengths) + sum(completionLengths);
  const kept = (ofLayers: number[]) => (forGradient ? sum(ofLayers) : Math.max(0, ...ofLayers));
  // The layers' intermediate results, and up to four rows of logits.
  const perToken =
    kept(layers.map(({ mixer, mlp }) => 10 * hiddenSize + 5 * mlp.intermediateSize + deltaNetNumbers(mixer))) +
    4 * vocabSize;
  // Attention pads prompts and completions to the longest, and its weights are kept for the gradient.
  const [prompt, completion] = [Math.max(...promptLengths), Math.max(...completionLengths)];
  const pairs = promptLengths.length * (prompt ** 2 + group * completion * (prompt + completion));
  const heads = layers.map(({ mixer }) => (isAttention(mixer) ? mixer.heads : 0));
  const perPair = kept(heads) + PASSING * Math.max(0, ...heads);
  return Float32Array.BYTES_PER_ELEMENT * (tokens * perToken + pairs * perPair);
}

/** For each token: what passes the convolution, several times over, and the matrices of its chunk. */
const deltaNetNumbers = (mixer: Mixer): number =>
  mixer.kind === 'gated-delta-net'
    ? 10 * convolvedWidth(mixer) +
      mixer.valueHeads * (4 * CHUNK + (2 * mixer.keyWidth * (mixer.keyWidth + 2 * mixer.valueWidth)) / CHUNK)
    : 0;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
