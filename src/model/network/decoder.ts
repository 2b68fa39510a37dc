import { add, matMul, mul, reshape, split, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { quantizedMatMul } from '../../engine/fused/quantized-matmul.ts';
import { rmsNorm } from '../../engine/fused/rms-norm.ts';
import { type RotaryTables, rotate } from '../../engine/fused/rotary.ts';
import { swiglu } from '../../engine/fused/swiglu.ts';
import { geglu } from '../../engine/geglu.ts';
import type { Attention, Mlp, ModelConfig } from '../config.ts';
import { EMBEDDING, FINAL_NORM, HEAD, layerName } from '../modules.ts';
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

/** Where tokens are in their rows. */
export interface Positions {
  /** int32 [tokens]. */
  of: Tensor1D;
  /** For all of these positions, by their names in the model's description. */
  tables: Record<string, RotaryTables>;
}

/**
 * The decoder, from token ids [tokens] to hidden states [tokens, hiddenSize] before the last norm. Tokens of all rows are in one list, one row after
 * another; `attend` knows which belong together. An adapter comes packed too: `packAdapters`.
 */
export function decode(
  params: Parameters,
  config: ModelConfig,
  ids: Tensor1D,
  positions: Positions,
  attend: Attend,
): Tensor2D {
  let x = times(embedTokens(params, ids, config.padTokenId), config.embeddingScale); // [tokens, hiddenSize]
  for (const [index, { mixer, mlp, norms, residualScale }] of config.layers.entries()) {
    const layer = layerOperations(params, config, index);
    const attendHere = (heads: HeadProjections) => attend(index, heads);
    const mixed = attention(layer, mixer, layer.norm(x, norms.beforeMixer), positions, attendHere);
    x = add(x, times(layer.norm(mixed, norms.afterMixer), residualScale));
    const transformed = feedForward(layer, mlp, layer.norm(x, norms.beforeMlp));
    x = add(x, times(layer.norm(transformed, norms.afterMlp), residualScale));
  }
  return x;
}

const times = (x: Tensor2D, scale: number): Tensor2D => (scale === 1 ? x : mul(x, scale));

/** The operations of a layer that have weights, by the names of its modules. */
interface LayerOperations {
  /** As it is where there is no such norm. */
  norm<T extends Tensor>(x: T, module: string | undefined): T;
  project(x: Tensor, module: string): Tensor2D;
}

function layerOperations(params: Parameters, config: ModelConfig, index: number): LayerOperations {
  const pathOf = (module: string) => `${layerName(index)}.${module}`;
  return {
    norm: (x, module) => (module === undefined ? x : norm(params, config, x, pathOf(module))),
    project: (x, module) => linear(params, x as Tensor2D, pathOf(module)),
  };
}

function norm<T extends Tensor>(params: Parameters, { rmsNormEps, rmsNormOffset }: ModelConfig, x: T, name: string): T {
  const weight = params[`${name}.weight`]!;
  return rmsNorm(x, rmsNormOffset === 0 ? weight : add(weight, rmsNormOffset), rmsNormEps) as T;
}

/** Self-attention of x [tokens, hiddenSize], which is normed. */
function attention(
  { norm, project }: LayerOperations,
  { heads, kvHeads, headDim, qkNorm, rotary }: Attention,
  x: Tensor,
  positions: Positions,
  attend: (heads: HeadProjections) => Tensor2D,
): Tensor2D {
  const tokens = x.shape[0]!;
  const byHead = (projected: Tensor, count: number) => reshape(projected, [tokens, count, headDim]);
  const placed = (projected: Tensor, count: number, module: string) => {
    const all = qkNorm === 'all' ? norm(projected, module) : projected;
    const perHead = byHead(all, count);
    const normed = qkNorm === 'head' ? norm(perHead, module) : perHead;
    return rotary === undefined ? normed : rotate(normed, positions.of, positions.tables[rotary]!);
  };

  const qkv = project(x, 'self_attn.qkv_proj'); // [tokens, (heads + 2 · kvHeads) · headDim]
  const [q, k, v] = split(qkv, [heads * headDim, kvHeads * headDim, kvHeads * headDim], 1) as [Tensor, Tensor, Tensor];
  const attended = attend({
    queries: placed(q, heads, 'self_attn.q_norm'), // [tokens, heads, headDim]
    keys: placed(k, kvHeads, 'self_attn.k_norm'), // [tokens, kvHeads, headDim]
    values: byHead(v, kvHeads),
  });
  return project(attended, 'self_attn.o_proj'); // [tokens, hiddenSize]
}

/** Activation and product of an MLP, from gate and up side by side. */
const GATES: Record<Mlp['kind'], (gateUp: Tensor) => Tensor> = { swiglu, geglu };

/** The MLP of x [tokens, hiddenSize], which is normed. */
function feedForward({ project }: LayerOperations, { kind }: Mlp, x: Tensor): Tensor2D {
  const gateUp = project(x, 'mlp.gate_up_proj'); // [tokens, 2 · intermediateSize]
  return project(GATES[kind](gateUp), 'mlp.down_proj'); // [tokens, hiddenSize]
}

/** Next-token logits [tokens, vocabSize] of hidden states [tokens, hiddenSize]. */
export function logitsOf(params: Parameters, config: ModelConfig, hidden: Tensor2D): Tensor2D {
  const normed = norm(params, config, hidden, FINAL_NORM);
  const own = params[`${config.tieEmbeddings ? EMBEDDING : HEAD}.weight`];
  const logits = linear(params, normed, HEAD, params[`${HEAD}.modules_to_save.weight`] ?? own);
  return times(logits, config.logitScale);
}

/** Embeddings of token ids, [tokens, hiddenSize], with what an adapter adds to them. */
function embedTokens(params: Parameters, ids: Tensor1D, padTokenId: number | undefined): Tensor2D {
  const name = EMBEDDING;
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
  const integers = params[`${name}.integers`];
  let product: Tensor2D = integers
    ? quantizedMatMul(x, integers, params[`${name}.scales`]!)
    : matMul(x, weight as Tensor2D, false, true);
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
