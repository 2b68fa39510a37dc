import { BadInput } from '../../protocol/errors.ts';
import type { Layer, ModelDescription } from '../config.ts';
import { architecture } from './architecture.ts';
import { count, positive } from './field-kinds.ts';
import { GEMMA_NORMS, gemmaFields, requireCausal, requireGeluTanh } from './gemma-family.ts';
import { gemma3Gguf } from './gemma3-gguf.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { readRotary, ropeByLayer, rotaryFieldsByLayer } from './rotary-fields.ts';
import { layersThatSeeAll } from './sliding-window.ts';

/** Every sixth layer sees all tokens, where config.json does not say otherwise. */
const PATTERN = 6;

const softcap = positive.nullish();

/**
 * Gemma 3's text models (arXiv:2503.19786): most layers see a window, with a rotary table of their own; norms before and after attention and MLP, whose
 * weights are kept as differences from 1; embeddings scaled by the root of their width.
 */
export const gemma3 = architecture({
  className: 'Gemma3ForCausalLM',
  modelType: 'gemma3_text',
  fields: {
    ...gemmaFields,
    sliding_window_pattern: count.nullish(),
    rope_local_base_freq: positive.nullish(),
    ...rotaryFieldsByLayer,
    attn_logit_softcapping: softcap,
    final_logit_softcapping: softcap,
  },
  describe(fields, file): ModelDescription {
    if (fields.attn_logit_softcapping || fields.final_logit_softcapping)
      throw new BadInput(
        `"${fields.attn_logit_softcapping ? 'attn' : 'final'}_logit_softcapping" is set, but Gemma 3 is supported without it; Gemma 2 and Gemma 4 are supported with theirs`,
        { file },
      );
    requireCausal(fields, file);
    requireGeluTanh(fields, file);
    const bias = fields.attention_bias;
    const rope = ropeByLayer(fields);
    const full = {
      ...fields,
      ...{ rope_parameters: rope.full, rope_scaling: undefined, original_max_position_embeddings: undefined },
    };
    const decoder = llamaDecoder({ ...full, hidden_act: 'silu' }, file, {
      qkNorm: 'head',
      qkvBias: bias,
      outputBias: bias,
      defaultTheta: 1e6,
    });
    const seesAll = layersThatSeeAll(fields, fields.sliding_window_pattern ?? PATTERN, file);
    const layers = decoder.layers.map(({ mixer, mlp, ...layer }, index): Layer => {
      const scaled = { ...mixer, scale: fields.query_pre_attn_scalar ** -0.5 };
      const windowed = { ...scaled, window: fields.sliding_window ?? undefined, rotary: 'local' };
      return {
        ...layer,
        norms: GEMMA_NORMS,
        mixer: seesAll[index] ? scaled : windowed,
        mlp: { ...mlp, kind: 'geglu' },
      };
    });
    const ofWindows = {
      rope_parameters: rope.sliding,
      rope_theta: fields.rope_local_base_freq,
      max_position_embeddings: fields.max_position_embeddings,
    };
    const local = readRotary(ofWindows, file, { headDim: decoder.rotary.all!.width });
    return {
      ...decoder,
      layers,
      embeddingScale: Math.sqrt(fields.hidden_size),
      rotary: { ...decoder.rotary, local },
      rmsNormOffset: 1,
    };
  },
  gguf: gemma3Gguf,
});
