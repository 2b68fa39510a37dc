import { add, matMul, mul, reshape, sigmoid, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { rmsNorm } from '../engine/fused/rms-norm.ts';
import type { ModelConfig } from './config.ts';
import { embed } from './embedding.ts';
import { rotaryTables, rotate } from './rotary.ts';

/** A model's tensors by their Hugging Face names; linear weights are [out, in]. */
export type Parameters = Record<string, Tensor>;

/** Queries [tokens, heads, headDim] and keys and values [tokens, kvHeads, headDim], rotated to their positions. */
export interface HeadProjections {
  queries: Tensor;
  keys: Tensor;
  values: Tensor;
}

/** How tokens see one another: the one thing that differs between training and decoding. Gives [tokens, heads · headDim]. */
export type Attend = (layer: number, heads: HeadProjections) => Tensor2D;

/**
 * The decoder stack of the Llama family, from token ids [tokens] at `positions` [tokens] to hidden states [tokens, hiddenSize] before
 * the last norm. Tokens of all rows lie flat one after another; `attend` knows which belong together.
 */
export function decode(
  params: Parameters,
  config: ModelConfig,
  ids: Tensor1D,
  positions: Tensor1D,
  attend: Attend,
): Tensor2D {
  const { heads, kvHeads, headDim, rmsNormEps } = config;
  const tokens = ids.shape[0];
  const rotary = rotaryTables(config, positions);
  const norm = (x: Tensor, name: string) => rmsNorm(x, params[`${name}.weight`]!, rmsNormEps);

  let x = embed(params['model.embed_tokens.weight'] as Tensor2D, ids, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `model.layers.${layer}`;
    const project = (input: Tensor, projection: string) => linear(params, input as Tensor2D, `${name}.${projection}`);

    const input = norm(x, `${name}.input_layernorm`);
    const split = (projection: string, count: number) => reshape(project(input, projection), [tokens, count, headDim]);
    const normHeads = (projected: Tensor, which: string) =>
      config.qkNorm ? norm(projected, `${name}.self_attn.${which}`) : projected;
    const attended = attend(layer, {
      queries: rotate(normHeads(split('self_attn.q_proj', heads), 'q_norm'), rotary),
      keys: rotate(normHeads(split('self_attn.k_proj', kvHeads), 'k_norm'), rotary),
      values: split('self_attn.v_proj', kvHeads),
    });
    x = add(x, project(attended, 'self_attn.o_proj'));

    const normed = norm(x, `${name}.post_attention_layernorm`);
    const gate = project(normed, 'mlp.gate_proj');
    const activated = mul(mul(gate, sigmoid(gate)), project(normed, 'mlp.up_proj'));
    x = add(x, project(activated, 'mlp.down_proj'));
  }
  return x;
}

/** Next-token logits [tokens, vocabSize] of hidden states [tokens, hiddenSize]. */
export function logitsOf(params: Parameters, config: ModelConfig, hidden: Tensor2D): Tensor2D {
  const normed = rmsNorm(hidden, params['model.norm.weight']!, config.rmsNormEps) as Tensor2D;
  const head = params[config.tieEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight'] as Tensor2D;
  return matMul(normed, head, false, true);
}

function linear(params: Parameters, x: Tensor2D, name: string): Tensor2D {
  const product: Tensor2D = matMul(x, params[`${name}.weight`] as Tensor2D, false, true);
  const bias = params[`${name}.bias`];
  return bias ? add<Tensor2D>(product, bias) : product;
}
