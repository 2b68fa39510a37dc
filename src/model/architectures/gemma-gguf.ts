import type { AttentionModel } from '../config.ts';
import type { GgufFile } from './architecture.ts';
import { stretchedRotary } from './rotary-fields.ts';

/** What llama.cpp takes for granted of a Gemma 2 or 3, and no file says. */
interface TakenForGranted {
  name: string;
  /** It knows the 27B by its layers, and scales its attention scores by the width of the embeddings. */
  layersOf27B: number;
  /** Every so many layers see all tokens, the others a window. Older versions take it for granted, whatever the file says. */
  pattern: { every: number; inWords: string };
}

export function queryScalar({ number }: GgufFile, { layersOf27B }: TakenForGranted): number {
  const width = number('embedding_length')! / number('attention.head_count')!;
  const isLarge = number('block_count') === layersOf27B;
  return isLarge ? width : (number('attention.key_length') ?? width);
}

/** What of a Gemma 2 or 3 llama.cpp would not compute, in words. */
export function gemmaProblem(
  model: AttentionModel,
  { name, layersOf27B, pattern }: TakenForGranted,
): string | undefined {
  const { layers, hiddenSize } = model;
  const { mixer } = layers[0]!;
  if (mixer.qkvBias || mixer.outputBias) return `llama.cpp has no biases in ${name} ("attention_bias")`;
  const divisor = layers.length === layersOf27B ? hiddenSize / mixer.heads : mixer.headDim;
  if (Math.abs(mixer.scale * Math.sqrt(divisor) - 1) > 1e-6)
    return `llama.cpp scales its attention scores by ${divisor}, which "query_pre_attn_scalar" is not`;
  if (layers.some(({ mixer }, layer) => (mixer.window === undefined) !== ((layer + 1) % pattern.every === 0)))
    return `llama.cpp wants full attention in every ${pattern.inWords} layer, and windows in all others`;
  return stretchedRotary(model);
}

/** The window of the layers that have one. */
export const windowOf = ({ layers }: AttentionModel): number | undefined =>
  layers.find(({ mixer }) => mixer.window !== undefined)?.mixer.window;
