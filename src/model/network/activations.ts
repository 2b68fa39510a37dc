import type { Engine } from '../../engine/engine.ts';
import { convolvedWidth, isAttention, type Mixer, type ModelConfig } from '../config.ts';
import { parameterCount } from '../parameters.ts';
import type { Sequence } from './batch.ts';
import { CHUNK } from './delta-rule.ts';
import { wordsAtOnce } from './word-rows.ts';

/** Intermediate results of one layer's attention at a time, besides the weights of every layer that is kept: scores, and gradients of both. */
const PASSING = 6;
/** Rows of a chunk of logits that exist at the same time. */
const CHUNK_ROWS = 6;
/** And what capping them adds to either. */
const CAP_ROWS = 2;
/** Features for each layer, as they are embedded, projected, normed and added up. */
const PER_LAYER_ROWS = 4;

/**
 * What the activations of sequences that are computed together may take: more rows at once are hardly faster from there on. Where they are
 * recomputed, memory is what is short, and each row takes little of it.
 */
export function activationsAtOnce(
  { recomputed }: Pick<ModelConfig, 'recomputed'>,
  { forGradient }: { forGradient: boolean },
): number {
  if (recomputed) return 2 ** 29;
  return forGradient ? 2 ** 31 : 2 ** 30;
}

/** With fewer parameters, compiling takes a large part of a step's time. */
const WORTH_COMPILING_AGAIN = 1e8;

/**
 * Whether graphs are given up between the phases of a step, because the memory of their largest run stays with them. Not where outputs on a
 * device might go with them.
 */
export const givesUpGraphs = (config: ModelConfig, { name }: Pick<Engine, 'name'>): boolean =>
  config.recomputed === true && name === 'cpu' && parameterCount(config) >= WORTH_COMPILING_AGAIN;

/**
 * Bytes that the activations of sequences take, roughly, of which each `group` share a prompt. For a gradient those of all layers are kept,
 * or, where they are recomputed, what goes into each; otherwise each layer's are given up for the next one's.
 */
export function activationBytes(
  config: Pick<
    ModelConfig,
    'layers' | 'hiddenSize' | 'vocabSize' | 'positions' | 'recomputed' | 'logitCap' | 'perLayerInputs'
  >,
  sequences: readonly Sequence[],
  group: number,
  { forGradient }: { forGradient: boolean },
): number {
  const { layers, hiddenSize, vocabSize, recomputed, logitCap, perLayerInputs } = config;
  const promptLengths = sequences.filter((_, row) => row % group === 0).map(({ promptIds }) => promptIds.length);
  const completionLengths = sequences.map(({ completionIds }) => completionIds.length);
  const tokens = sum(promptLengths) + sum(completionLengths);
  const kept = (ofLayers: number[]) => (forGradient && !recomputed ? sum(ofLayers) : Math.max(0, ...ofLayers));
  const words = wordsAtOnce(config);
  // The layers' intermediate results, and up to four rows of logits, or what there is of one chunk's and the next one's.
  const perToken =
    kept(layers.map(({ mixer, mlp }) => 10 * hiddenSize + 5 * mlp.intermediateSize + deltaNetNumbers(mixer))) +
    ((words < vocabSize ? CHUNK_ROWS : 4) + (logitCap === undefined ? 0 : CAP_ROWS)) * words +
    PER_LAYER_ROWS * layers.length * (perLayerInputs?.width ?? 0) +
    (forGradient && recomputed ? layers.length * hiddenSize : 0);
  // Attention pads prompts and completions to the longest, and its weights are kept for the gradient.
  const [prompt, completion] = [Math.max(...promptLengths), Math.max(...completionLengths)];
  const pairs = promptLengths.length * (prompt ** 2 + group * completion * (prompt + completion));
  // And so are scores, where they are capped.
  const heads = layers.map(({ mixer }) =>
    isAttention(mixer) ? (mixer.scoreCap === undefined ? 1 : 2) * mixer.heads : 0,
  );
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
