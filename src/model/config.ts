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
  /** Logits end softly at ±cap: cap · tanh(logits / cap). */
  logitCap?: number;
  /** What each layer is told of each token besides what comes from the layer before. */
  perLayerInputs?: PerLayerInputs;
  /** First to last; none with `positions`. */
  layers: readonly Layer[];
  /** The model is no decoder, but the network of `network/positions.ts`. */
  positions?: Positions;
  /** Each position has an embedding of its own, which is learned and added to its token's. */
  learnsPositions?: boolean;
  /** The padding token's embedding is learned like any other; in most models of transformers it is not (`network/embedding.ts`). */
  learnsPadding?: boolean;
  /** Rotary tables, by the names that attention layers use. */
  rotary: Readonly<Record<string, Rotary>>;
  /** Tokens that prompt and completion have together, at most: see `context.ts`. */
  maxPositionEmbeddings: number;
  /** Norms subtract the mean and add a bias (LayerNorm, arXiv:1607.06450); otherwise they are RMS norms. */
  layerNorm?: boolean;
  /** Of all norms; `rmsNormOffset` is what is added to the weights of RMS norms, 0 in most models. */
  normEps: number;
  rmsNormOffset: number;
  /** The output head is the embedding matrix itself. */
  tieEmbeddings: boolean;
  /** Files have the weights of linear layers as [inputs, outputs]: `files/conv1d.ts`. */
  conv1d?: boolean;
  /** What modules are called in transformers, by Llama's names for them (`mlp.gate_proj`), where those differ. */
  renamed?: Readonly<Record<string, string>>;
}

/** A model that is described, with its special tokens and its adapter. */
export interface ModelConfig extends ModelDescription {
  /** Every token that ends a completion, from generation_config.json or else config.json; may be empty. The tokenizer may add one. */
  eosTokenIds: number[];
  /** The adapter that is trained on the model, if there is one. An adapter that is opened is merged into the weights instead. */
  lora?: Lora;
  /**
   * Memory is short: activations of layers are not kept for the gradient, but computed a second time, and a large model's graphs, whose memory
   * stays with them, are compiled again in each step.
   */
  recomputed?: boolean;
  /** What the weights of its layers are kept in under an adapter; undefined: float32. */
  quantization?: Quantization;
  /** Tensors of frozen embeddings that the CPU keeps in the 16 bits of their files: see `lookup-tables.ts`. */
  tablesAsStored?: ReadonlySet<string>;
  bosTokenId: number | undefined;
  padTokenId: number | undefined;
}

/** Prompts and answers of fixed lengths, in tokens, each position of which has a matrix of its own. */
export interface Positions {
  promptLength: number;
  responseLength: number;
}

/**
 * Of each token, `width` features for each layer: from an embedding of its own, and from a projection of its ordinary embedding, which is normed.
 * A layer ends with x + norm(projection(gelu(gate(x)) · features)).
 */
export interface PerLayerInputs {
  /** Rows of the embedding. */
  vocabSize: number;
  width: number;
}

/** One decoder layer: x + residualScale · norm(mixer(norm(x))), then the same with the MLP; most models have one of the two norms. */
export interface Layer<M extends Mixer = Mixer> {
  /** The part in which tokens see one another. What it remembers of earlier tokens is what generation carries as caches. */
  mixer: M;
  mlp: Mlp;
  /** The Hugging Face names of the norms, by where they are. */
  norms: { beforeMixer?: string; afterMixer?: string; beforeMlp?: string; afterMlp?: string };
  /** 1 in most models. */
  residualScale: number;
  /** What leaves the layer is multiplied with a number of its own, which training leaves alone. */
  scaled?: boolean;
}

/** The kinds of mixers: each has a file in `network/` that computes it, and its modules in `layer-modules.ts`. */
export type Mixer = Attention | ShortConvolution | GatedDeltaNet;

export const isAttention = (mixer: Mixer): mixer is Attention => mixer.kind === 'attention';

/** A model all of whose layers have attention. */
export type AttentionModel<Model extends ModelDescription = ModelDescription> = Omit<Model, 'layers'> & {
  layers: readonly Layer<Attention>[];
};

/** out(c · convolution(b · x)), where each of the hidden features has a filter of its own over the token and the `width - 1` before it. */
export interface ShortConvolution {
  kind: 'short-convolution';
  width: number;
  bias: boolean;
}

/**
 * The gated delta rule over heads of queries, keys and values, which pass a short convolution first; its outputs are normed and gated. Each key head
 * serves `valueHeads / keyHeads` value heads.
 */
export interface GatedDeltaNet {
  kind: 'gated-delta-net';
  keyHeads: number;
  valueHeads: number;
  keyWidth: number;
  valueWidth: number;
  /** Of the convolution, in tokens. */
  width: number;
  normEps: number;
}

/** How many features pass the convolution of a gated delta net: queries, keys and values. */
export const convolvedWidth = ({ keyHeads, valueHeads, keyWidth, valueWidth }: GatedDeltaNet): number =>
  2 * keyHeads * keyWidth + valueHeads * valueWidth;

/** Causal attention to earlier tokens, with `heads / kvHeads` query heads for each key/value head. */
export interface Attention {
  kind: 'attention';
  /** Query heads. */
  heads: number;
  kvHeads: number;
  /** Width of one head; `heads * headDim` need not equal `hiddenSize`. */
  headDim: number;
  /** What scores are multiplied with, usually 1 / √headDim. */
  scale: number;
  /** And then end softly at ±cap, as logits do. */
  scoreCap?: number;
  /** The rotary table by which queries and keys are rotated; undefined where they have no positions (NoPE, arXiv:2305.19466). */
  rotary: string | undefined;
  /** The table of the queries, where it is another. */
  queryRotary?: string;
  /** RMS norm of queries and keys before the rotation: over each head, or over all heads together. */
  qkNorm: 'head' | 'all' | undefined;
  /** A token sees itself and the `window - 1` tokens before it; undefined: all of them. */
  window: number | undefined;
  /** Biases of the q, k and v projections, and of the output projection. */
  qkvBias: boolean;
  outputBias: boolean;
  /** What is attended to is multiplied with a sigmoid of as many features, which the q projection gives beside each query. */
  gated?: boolean;
  /** Values have an RMS norm too, over each head and without weights; this is its epsilon. */
  valueNorm?: number;
  /** There is no v projection: values are the projected keys, before their norm. */
  keysAsValues?: boolean;
  /** It has no keys and values of its own, but those of this earlier layer, whose attention is of the same kind. */
  sharedFrom?: number;
  /** q, k and v are one module, `qkv_proj`, in files and to adapters. transformers makes it before or after the output projection. */
  fused?: 'first' | 'last';
}

/** down(activation(gate(x)) · up(x)); with `gelu`, which has no gate, down(gelu(up(x))). */
export interface Mlp {
  /** The activation, and the product with what it gates. */
  kind: 'swiglu' | 'geglu' | 'gelu';
  /** Width between the projections. */
  intermediateSize: number;
  bias: boolean;
  /** Gate and up are one module, `gate_up_proj`, in files and to adapters. */
  fused?: boolean;
}

/** A table of rotary frequencies. */
export interface Rotary {
  /** How many features of a head are rotated: the first ones, where it is not all of them. */
  width: number;
  theta: number;
  scaling: RotaryScaling;
  /** What cos and sin are multiplied with, so that scores keep their spread in long contexts; 1 in most models. */
  attentionFactor: number;
  /** Besides, cos and sin are multiplied with 1 + rate · ln(1 + ⌊position / every⌋), as queries are in Llama 4. */
  growth?: { rate: number; every: number };
}

/** How rotary frequencies are stretched for long contexts: see `network/rotary-frequencies.ts`. */
export type RotaryScaling =
  | { type: 'none' }
  | { type: 'linear'; factor: number }
  /** As they are, up to the end of the context; beyond, transformers changes them with the length of what it computes together. */
  | { type: 'dynamic' }
  | {
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositionEmbeddings: number;
    }
  | {
      type: 'yarn';
      factor: number;
      originalMaxPositionEmbeddings: number;
      betaFast: number;
      betaSlow: number;
      /** The range in which frequencies are blended is rounded to whole pairs of features. */
      truncate: boolean;
    }
  /** The first `pairs` pairs of features turn, as frequencies of the whole width would have them; the others stand still. */
  | { type: 'proportional'; pairs: number; factor: number }
  /** Each pair of features has a factor of its own, [width / 2]. Beyond the original context transformers takes others, for all tokens. */
  | {
      type: 'longrope';
      factors: readonly number[];
      originalMaxPositionEmbeddings: number;
      /** Not computed with here, but kept for files of the model. */
      beyond: { factors: readonly number[]; maxPositionEmbeddings: number };
    };

/** How many numbers generation keeps for each token: keys and values of every attention that computes its own. */
export const cachedPerToken = ({ layers }: Pick<ModelConfig, 'layers'>): number =>
  layers.reduce((sum, { mixer }) => {
    const caches = isAttention(mixer) && mixer.sharedFrom === undefined;
    return sum + (caches ? 2 * mixer.kvHeads * mixer.headDim : 0);
  }, 0);

/** How many numbers it keeps for each completion, however long: the states of the other mixers. */
export const stateSize = ({ layers, hiddenSize }: Pick<ModelConfig, 'layers' | 'hiddenSize'>): number =>
  layers.reduce((sum, { mixer }) => sum + stateOf(mixer, hiddenSize), 0);

function stateOf(mixer: Mixer, hiddenSize: number): number {
  switch (mixer.kind) {
    case 'attention':
      return 0;
    case 'short-convolution':
      return (mixer.width - 1) * hiddenSize;
    case 'gated-delta-net':
      return (mixer.width - 1) * convolvedWidth(mixer) + mixer.valueHeads * mixer.keyWidth * mixer.valueWidth;
    default:
      return mixer satisfies never;
  }
}
