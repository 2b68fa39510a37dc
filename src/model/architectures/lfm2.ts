import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { Layer } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, flag, positive } from './field-kinds.ts';
import { layerTypes } from './layer-types.ts';
import { lfm2Gguf } from './lfm2-gguf.ts';
import { llamaDecoder } from './llama-decoder.ts';

const NORMS: Layer['norms'] = { beforeMixer: 'operator_norm', beforeMlp: 'ffn_norm' };
/** Transformers' names where they are not Llama's. */
const RENAMED = {
  'self_attn.o_proj': 'self_attn.out_proj',
  'self_attn.q_norm': 'self_attn.q_layernorm',
  'self_attn.k_norm': 'self_attn.k_layernorm',
  mlp: 'feed_forward',
  'mlp.gate_proj': 'feed_forward.w1',
  'mlp.up_proj': 'feed_forward.w3',
  'mlp.down_proj': 'feed_forward.w2',
  'model.norm': 'model.embedding_norm',
};
const [CONVOLUTION, ATTENTION] = ['conv', 'full_attention'] as const;

/** LFM2 and LFM2.5 (arXiv:2511.23404): most layers are gated short convolutions, some have attention with norms over each head's queries and keys. */
export const lfm2 = architecture({
  className: 'Lfm2ForCausalLM',
  modelType: 'lfm2',
  fields: {
    intermediate_size: count.default(12288),
    num_key_value_heads: count.default(8),
    norm_eps: positive.default(1e-5),
    tie_word_embeddings: flag.default(true),
    conv_L_cache: count.default(3),
    conv_bias: flag.default(false),
    block_auto_adjust_ff_dim: flag.default(true),
    block_ffn_dim_multiplier: positive.nullable().default(1),
    block_multiple_of: count.default(256),
    full_attn_idxs: z.array(z.int('must be a layer'), 'must be a list of layers').nullish(),
    // What they were called before transformers had the model.
    block_ff_dim: count.nullish(),
    tie_embedding: flag.nullish(),
    // Of .gguf files alone.
    sliding_window: count.nullish(),
  },
  describe(fields, file) {
    if (fields.sliding_window)
      throw new BadInput('the model uses sliding-window attention, which is not supported for LFM2', { file });
    const decoder = llamaDecoder(
      {
        ...fields,
        intermediate_size: mlpWidth(fields),
        rms_norm_eps: fields.norm_eps,
        tie_word_embeddings: fields.tie_embedding ?? fields.tie_word_embeddings,
      },
      file,
      { qkNorm: 'head', defaultTheta: 1e6 },
    );
    const types = layerTypes(fields, file, {
      kinds: [CONVOLUTION, ATTENTION],
      attention: ATTENTION,
      otherwise: (layer) => (fields.full_attn_idxs?.includes(layer) === false ? CONVOLUTION : ATTENTION),
    });
    const convolution = { kind: 'short-convolution', width: fields.conv_L_cache, bias: fields.conv_bias } as const;
    const layers = decoder.layers.map((layer, index): Layer => {
      const mixer = types[index] === CONVOLUTION ? convolution : layer.mixer;
      return { ...layer, norms: NORMS, mixer };
    });
    return { ...decoder, layers, renamed: RENAMED };
  },
  gguf: lfm2Gguf,
});

/** The width of the MLP that the fields mean. Source: transformers, `Lfm2MLP`. */
function mlpWidth(fields: {
  intermediate_size: number;
  block_ff_dim?: number | null | undefined;
  block_auto_adjust_ff_dim: boolean;
  block_ffn_dim_multiplier: number | null;
  block_multiple_of: number;
}): number {
  const given = fields.block_ff_dim ?? fields.intermediate_size;
  if (!fields.block_auto_adjust_ff_dim) return given;
  const width = Math.trunc((2 * given) / 3);
  if (fields.block_ffn_dim_multiplier === null) return width;
  const multiple = fields.block_multiple_of;
  return multiple * Math.ceil(Math.trunc(fields.block_ffn_dim_multiplier * width) / multiple);
}
