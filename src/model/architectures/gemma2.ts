import type { Layer, ModelDescription } from '../config.ts';
import { architecture } from './architecture.ts';
import { positive } from './field-kinds.ts';
import { GEMMA_NORMS, gemmaFields, requireCausal, requireGeluTanh } from './gemma-family.ts';
import { gemma2Gguf } from './gemma2-gguf.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { layersThatSeeAll } from './sliding-window.ts';

/** Every second layer sees all tokens, where config.json does not say otherwise. */
const PATTERN = 2;

/** Gemma 2 (arXiv:2408.00118): every second layer sees a window; attention scores and logits are capped; else the forerunner of Gemma 3. */
export const gemma2 = architecture({
  className: 'Gemma2ForCausalLM',
  modelType: 'gemma2',
  fields: {
    ...gemmaFields,
    attn_logit_softcapping: positive.nullable().default(50),
    final_logit_softcapping: positive.nullable().default(30),
  },
  describe(fields, file): ModelDescription {
    requireCausal(fields, file);
    requireGeluTanh(fields, file);
    const bias = fields.attention_bias;
    const decoder = llamaDecoder({ ...fields, hidden_act: 'silu' }, file, { qkvBias: bias, outputBias: bias });
    const seesAll = layersThatSeeAll(fields, PATTERN, file);
    const layers = decoder.layers.map(({ mixer, mlp, ...layer }, index): Layer => {
      const window = seesAll[index] ? undefined : (fields.sliding_window ?? undefined);
      const scoreCap = fields.attn_logit_softcapping ?? undefined;
      return {
        ...layer,
        norms: GEMMA_NORMS,
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
  gguf: gemma2Gguf,
});
