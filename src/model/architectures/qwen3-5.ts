import { BadInput } from '../../protocol/errors.ts';
import type { GatedDeltaNet, Layer } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, flag, positive } from './field-kinds.ts';
import { layerTypes } from './layer-types.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { qwen35Gguf } from './qwen3-5-gguf.ts';

const [DELTA_NET, ATTENTION] = ['linear_attention', 'full_attention'] as const;

/**
 * The text models of Qwen 3.5, those without experts: three of four layers are gated delta nets, the others have attention whose output is gated
 * and whose heads are rotated in part. Norms' weights are kept as differences from 1, but for those of the delta nets.
 */
export const qwen35 = architecture({
  className: 'Qwen3_5ForCausalLM',
  modelType: 'qwen3_5_text',
  // A layer that predicts the token after the next.
  passedOver: /^mtp\./,
  fields: {
    num_key_value_heads: count.default(4),
    head_dim: count.default(256),
    attention_bias: flag.default(false),
    partial_rotary_factor: positive.default(0.25),
    full_attention_interval: count.default(4),
    linear_conv_kernel_dim: count.default(4),
    linear_key_head_dim: count.default(128),
    linear_value_head_dim: count.default(128),
    linear_num_key_heads: count.default(16),
    linear_num_value_heads: count.default(32),
  },
  describe(fields, file) {
    const bias = fields.attention_bias;
    const decoder = llamaDecoder(fields, file, {
      qkNorm: 'head',
      qkvBias: bias,
      outputBias: bias,
      partialRotary: true,
    });
    const [keyHeads, valueHeads] = [fields.linear_num_key_heads, fields.linear_num_value_heads];
    if (valueHeads % keyHeads !== 0) {
      const message = `"linear_num_value_heads" (${valueHeads}) must be a multiple of "linear_num_key_heads" (${keyHeads})`;
      throw new BadInput(message, { file });
    }
    const deltaNet: GatedDeltaNet = {
      kind: 'gated-delta-net',
      keyHeads,
      valueHeads,
      keyWidth: fields.linear_key_head_dim,
      valueWidth: fields.linear_value_head_dim,
      width: fields.linear_conv_kernel_dim,
      normEps: fields.rms_norm_eps,
    };
    const types = layerTypes(fields, file, {
      kinds: [DELTA_NET, ATTENTION],
      attention: ATTENTION,
      otherwise: (layer) => ((layer + 1) % fields.full_attention_interval === 0 ? ATTENTION : DELTA_NET),
    });
    const layers = decoder.layers.map((layer, index): Layer => {
      const mixer = types[index] === DELTA_NET ? deltaNet : { ...layer.mixer, gated: true };
      return { ...layer, mixer };
    });
    return { ...decoder, layers, rmsNormOffset: 1 };
  },
  gguf: qwen35Gguf,
});
