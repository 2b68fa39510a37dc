import { add, matMul, mul, reshape, split, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { rmsNorm } from '../../engine/fused/rms-norm.ts';
import { type RotaryTables, rotate } from '../../engine/fused/rotary.ts';
import { swiglu } from '../../engine/fused/swiglu.ts';
import type { ModelConfig } from '../config.ts';
import { embed } from './embedding.ts';

/** A model's tensors by the names of its packed weights (`packing.ts`); linear weights are [out, in]. */
export type Parameters = Record<string, Tensor>;

/** Queries [tokens, heads, headDim] and keys and values [tokens, kvHeads, headDim], rotated to their positions. */
export interface HeadProjections {
  queries: Tensor;
  keys: Tensor;
  values: Tensor;
}

/** How tokens see one another: the one thing that differs between training and decoding. Gives [tokens, heads · headDim]. */
export type Attend = (layer: number, heads: HeadProjections) => Tensor2D;

/** Where tokens stand in their rows. */
export interface Positions {
  /** int32 [tokens]. */
  of: Tensor1D;
  /** For all of these positions. */
  tables: RotaryTables;
}

/**
 * The decoder stack of the Llama family, from token ids [tokens] to hidden states [tokens, hiddenSize] before the last norm. Tokens of all
 * rows lie flat one after another; `attend` knows which belong together. An adapter comes packed too: `packAdapters`.
 */
export function decode(
  params: Parameters,
  config: ModelConfig,
  ids: Tensor1D,
  positions: Positions,
  attend: Attend,
): Tensor2D {
  const { heads, kvHeads, headDim, rmsNormEps } = config;
  const tokens = ids.shape[0];
  const norm = (x: Tensor, name: string) => rmsNorm(x, params[`${name}.weight`]!, rmsNormEps);
  const byHead = (x: Tensor, count: number) => reshape(x, [tokens, count, headDim]);

  let x = embedTokens(params, ids, config.padTokenId);
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `model.layers.${layer}`;
    const project = (input: Tensor, projection: string) => linear(params, input as Tensor2D, `${name}.${projection}`);

    const qkv = project(norm(x, `${name}.input_layernorm`), 'self_attn.qkv_proj');
    const [q, k, v] = split(qkv, [heads * headDim, kvHeads * headDim, kvHeads * headDim], 1) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const normHeads = (projected: Tensor, which: string) =>
      config.qkNorm ? norm(projected, `${name}.self_attn.${which}`) : projected;
    const attended = attend(layer, {
      queries: rotate(normHeads(byHead(q, heads), 'q_norm'), positions.of, positions.tables),
      keys: rotate(normHeads(byHead(k, kvHeads), 'k_norm'), positions.of, positions.tables),
      values: byHead(v, kvHeads),
    });
    x = add(x, project(attended, 'self_attn.o_proj'));

    const gateUp = project(norm(x, `${name}.post_attention_layernorm`), 'mlp.gate_up_proj');
    x = add(x, project(swiglu(gateUp), 'mlp.down_proj'));
  }
  return x;
}

/** Next-token logits [tokens, vocabSize] of hidden states [tokens, hiddenSize]. */
export function logitsOf(params: Parameters, config: ModelConfig, hidden: Tensor2D): Tensor2D {
  const normed = rmsNorm(hidden, params['model.norm.weight']!, config.rmsNormEps) as Tensor2D;
  const own = params[config.tieEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight'];
  return linear(params, normed, 'lm_head', params['lm_head.modules_to_save.weight'] ?? own);
}

/** Embeddings of token ids, [tokens, hiddenSize], with what an adapter adds to them. */
function embedTokens(params: Parameters, ids: Tensor1D, padTokenId: number | undefined): Tensor2D {
  const name = 'model.embed_tokens';
  const table = params[`${name}.modules_to_save.weight`] ?? params[`${name}.weight`];
  const embeddings = embed(table as Tensor2D, ids, padTokenId);
  const down = params[`${name}.lora_embedding_A`];
  if (!down) return embeddings;
  const narrow = embed(down as Tensor2D, ids, padTokenId);
  const added = add(embeddings, matMul(narrow, params[`${name}.lora_embedding_B`] as Tensor2D, false, true));
  return scaled(params, added as Tensor2D, name);
}

function linear(
  params: Parameters,
  x: Tensor2D,
  name: string,
  weight: Tensor | undefined = params[`${name}.weight`],
): Tensor2D {
  let product: Tensor2D = matMul(x, weight as Tensor2D, false, true);
  const down = params[`${name}.lora_A.weight`];
  if (down) {
    const narrow = matMul(x, down as Tensor2D, false, true);
    product = add(product, matMul(narrow, params[`${name}.lora_B.weight`] as Tensor2D, false, true));
    product = scaled(params, product, name);
  }
  const bias = params[`${name}.bias`];
  return bias ? add<Tensor2D>(product, bias) : product;
}

/** With DoRA, each output has a length of its own. */
function scaled(params: Parameters, product: Tensor2D, name: string): Tensor2D {
  const factor = params[`${name}.lora_factor`];
  return factor ? mul(product, factor) : product;
}
