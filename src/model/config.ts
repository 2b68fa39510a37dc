import type { Lora } from '../protocol/lora-config.ts';
import type { Quantization } from '../protocol/quantization.ts';

/**
 * What a decoder is made of: enough to name its tensors and to run it. A file in `architectures/` makes it from `config.json`; all else
 * follows from it.
 */
export interface ModelDescription {
  vocabSize: number;
  hiddenSize: number;
  /** What embeddings are multiplied with before the first layer, and logits after the head; 1 in most models. */
  embeddingScale: number;
  logitScale: number;
  /** First to last; none with `positions`. */
  layers: readonly Layer[];
  /** The model is no decoder, but the network of `network/positions.ts`. */
  positions?: Positions;
  /** Rotary tables, by the names that attention layers use. */
  rotary: Readonly<Record<string, Rotary>>;
  maxPositionEmbeddings: number;
  /** Of all RMS norms; `rmsNormOffset` is what is added to their weights, 0 in most models. */
  rmsNormEps: number;
  rmsNormOffset: number;
  /** The output head is the embedding matrix itself. */
  tieEmbeddings: boolean;
}

/** A model that is described, with its special tokens and its adapter. */
export interface ModelConfig extends ModelDescription {
  /** Every token that ends a completion, from generation_config.json or else config.json; may be empty. The tokenizer may add one. */
  eosTokenIds: number[];
  /** The adapter that is trained on the model, if there is one. An adapter that is opened is merged into the weights instead. */
  lora?: Lora;
  /** What the weights of its layers are kept in under an adapter; undefined: float32. */
  quantization?: Quantization;
  bosTokenId: number | undefined;
  padTokenId: number | undefined;
}

/** Prompts and answers of fixed lengths, in tokens, each position of which has a matrix of its own. */
export interface Positions {
  promptLength: number;
  responseLength: number;
}

/** One decoder layer: x + residualScale · norm(mixer(norm(x))), then the same with the MLP; most models have one of the two norms. */
export interface Layer {
  /** The part in which tokens see one another. What it remembers of earlier tokens is what generation carries as caches. */
  mixer: Attention;
  mlp: Mlp;
  /** The Hugging Face names of the norms, by where they are. */
  norms: { beforeMixer?: string; afterMixer?: string; beforeMlp?: string; afterMlp?: string };
  /** 1 in most models. */
  residualScale: number;
}

/** Causal attention to earlier tokens, with `heads / kvHeads` query heads for each key/value head. */
export interface Attention {
  /** Query heads. */
  heads: number;
  kvHeads: number;
  /** Width of one head; `heads * headDim` need not equal `hiddenSize`. */
  headDim: number;
  /** What scores are multiplied with, usually 1 / √headDim. */
  scale: number;
  /** The rotary table by which queries and keys are rotated; undefined where they have no positions (NoPE, arXiv:2305.19466). */
  rotary: string | undefined;
  /** RMS norm of queries and keys before the rotation: over each head, or over all heads together. */
  qkNorm: 'head' | 'all' | undefined;
  /** A token sees itself and the `window - 1` tokens before it; undefined: all of them. */
  window: number | undefined;
  /** Biases of the q, k and v projections, and of the output projection. */
  qkvBias: boolean;
  outputBias: boolean;
}

/** down(activation(gate(x)) · up(x)). */
export interface Mlp {
  /** The fused operation for activation and product. */
  kind: 'swiglu' | 'geglu';
  /** Width between the projections. */
  intermediateSize: number;
  bias: boolean;
}

/** A table of rotary frequencies. */
export interface Rotary {
  /** How many features of a head are rotated. */
  width: number;
  theta: number;
  scaling: RotaryScaling;
}

/** Rotary frequencies as they are, or stretched as Llama 3.1 does for long contexts. */
export type RotaryScaling =
  | { type: 'none' }
  | {
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositionEmbeddings: number;
    };

/** How many numbers generation keeps for each token: keys and values of every layer. */
export const cachedPerToken = ({ layers }: Pick<ModelConfig, 'layers'>): number =>
  layers.reduce((sum, { mixer }) => sum + 2 * mixer.kvHeads * mixer.headDim, 0);
