import { BadInput } from '../../protocol/errors.ts';
import type { Attention, Layer, ModelDescription } from '../config.ts';
import type { DecoderFields } from './decoder-fields.ts';
import { requireAllLayers } from './layer-types.ts';
import { readRotary } from './rotary-fields.ts';

/** What architectures of Llama's kind differ in. */
interface Traits {
  qkNorm?: Attention['qkNorm'];
  window?: number | undefined;
  qkvBias?: boolean;
  outputBias?: boolean;
  mlpBias?: boolean;
  /** Where config.json does not say it: else hidden_size / num_attention_heads. */
  defaultHeadDim?: number;
  /** Of the rotary frequencies, likewise: else 10,000. */
  defaultTheta?: number;
  /** A part of each head may be rotated. */
  partialRotary?: boolean;
}

/** A description whose layers all have attention. */
export interface LlamaDecoder extends ModelDescription {
  layers: readonly Layer<Attention>[];
}

/** A decoder of Llama's kind: norm, rotated attention to all earlier tokens, norm, SwiGLU; all layers alike. */
export function llamaDecoder(fields: DecoderFields, file: string, traits: Traits): LlamaDecoder {
  refuseUnsupported(fields, file);
  const { heads, kvHeads, headDim } = readHeads(fields, file, traits.defaultHeadDim);
  const rotary = readRotary(fields, file, {
    headDim,
    defaultTheta: traits.defaultTheta,
    partial: traits.partialRotary,
  });
  const layer: Layer<Attention> = {
    mixer: {
      kind: 'attention',
      heads,
      kvHeads,
      headDim,
      scale: 1 / Math.sqrt(headDim),
      rotary: 'all',
      qkNorm: traits.qkNorm,
      window: traits.window,
      qkvBias: traits.qkvBias ?? false,
      outputBias: traits.outputBias ?? false,
    },
    mlp: { kind: 'swiglu', intermediateSize: fields.intermediate_size, bias: traits.mlpBias ?? false },
    norms: { beforeMixer: 'input_layernorm', beforeMlp: 'post_attention_layernorm' },
    residualScale: 1,
  };
  return {
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    embeddingScale: 1,
    logitScale: 1,
    layers: Array<Layer<Attention>>(fields.num_hidden_layers).fill(layer),
    rotary: { all: rotary },
    maxPositionEmbeddings: fields.max_position_embeddings,
    normEps: fields.rms_norm_eps,
    rmsNormOffset: 0,
    tieEmbeddings: fields.tie_word_embeddings,
  };
}

/** transformers' names of the same activation. */
const SILU = ['silu', 'swish'];

function refuseUnsupported(fields: DecoderFields, file: string): void {
  const { quantization_config: quantization, hidden_act, is_causal: causal } = fields;
  if (quantization) {
    const method = String(quantization.quant_method ?? 'unknown method');
    const message = `the weights are quantized (${method}); give the original model in float32, float16 or bfloat16`;
    throw new BadInput(message, { file });
  }
  if (!SILU.includes(hidden_act)) {
    throw new BadInput(`"hidden_act" is "${hidden_act}", but only "silu" is supported`, { file });
  }
  // transformers takes null as it takes false.
  if (causal === false || causal === null) {
    throw new BadInput(`"is_causal" is ${causal}, but only causal attention is supported`, { file });
  }
  requireAllLayers(fields, file);
}

function readHeads(fields: DecoderFields, file: string, defaultHeadDim?: number) {
  const heads = fields.num_attention_heads;
  const kvHeads = fields.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) {
    const message = `"num_attention_heads" (${heads}) must be a multiple of "num_key_value_heads" (${kvHeads})`;
    throw new BadInput(message, { file });
  }
  const headDim = fields.head_dim ?? defaultHeadDim ?? fields.hidden_size / heads;
  if (!Number.isInteger(headDim)) {
    const message = `"hidden_size" (${fields.hidden_size}) must be a multiple of "num_attention_heads" (${heads})`;
    throw new BadInput(message, { file });
  }
  if (headDim % 2 !== 0) {
    throw new BadInput(`the head width is ${headDim}, but rotary embeddings need an even one`, { file });
  }
  return { heads, kvHeads, headDim };
}
