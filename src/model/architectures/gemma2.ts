import { BadInput } from '../../protocol/errors.ts';
import type { Layer, ModelDescription } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, flag, positive, text } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { layersThatSeeAll, layerTypes } from './sliding-window.ts';

const NORMS: Layer['norms'] = {
  beforeMixer: 'input_layernorm',
  afterMixer: 'post_attention_layernorm',
  beforeMlp: 'pre_feedforward_layernorm',
  afterMlp: 'post_feedforward_layernorm',
};
/** Every second layer sees all tokens, where config.json does not say otherwise. */
const PATTERN = 2;

/** Gemma 2 (arXiv:2408.00118): every second layer sees a window; attention scores and logits are capped; else the forerunner of Gemma 3. */
export const gemma2 = architecture({
  className: 'Gemma2ForCausalLM',
  modelType: 'gemma2',
  fields: {
    num_key_value_heads: count.default(4),
    head_dim: count.default(256),
    hidden_activation: text.default('gelu_pytorch_tanh'),
    tie_word_embeddings: flag.default(true),
    attention_bias: flag.default(false),
    query_pre_attn_scalar: positive.default(256),
    sliding_window: count.nullable().default(4096),
    layer_types: layerTypes,
    attn_logit_softcapping: positive.nullable().default(50),
    final_logit_softcapping: positive.nullable().default(30),
    use_bidirectional_attention: flag.nullish(),
  },
  describe(fields, file): ModelDescription {
    if (fields.use_bidirectional_attention)
      throw new BadInput('"use_bidirectional_attention" is true, but only causal attention is supported', { file });
    if (fields.hidden_activation !== 'gelu_pytorch_tanh')
      throw new BadInput(
        `"hidden_activation" is "${fields.hidden_activation}", but only "gelu_pytorch_tanh" is supported`,
        { file },
      );
    const bias = fields.attention_bias;
    const decoder = llamaDecoder({ ...fields, hidden_act: 'silu' }, file, { qkvBias: bias, outputBias: bias });
    const seesAll = layersThatSeeAll(fields, PATTERN, file);
    const layers = decoder.layers.map(({ mixer, mlp, ...layer }, index): Layer => {
      const window = seesAll[index] ? undefined : (fields.sliding_window ?? undefined);
      const scoreCap = fields.attn_logit_softcapping ?? undefined;
      return {
        ...layer,
        norms: NORMS,
        mixer: { ...mixer, scale: fields.query_pre_attn_scalar ** -0.5, window, ...(scoreCap && { scoreCap }) },
        mlp: { ...mlp, kind: 'geglu' },
      };
    });
    return {
      ...decoder,
      layers,
      embeddingScale: Math.sqrt(fields.hidden_size),
      rmsNormOffset: 1,
      ...(fields.final_logit_softcapping && { logitCap: fields.final_logit_softcapping }),
    };
  },
});
