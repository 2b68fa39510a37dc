import { add, expandDims, matMul, mul, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { halfRows } from '../../engine/fused/half-rows.ts';
import { layerNorm } from '../../engine/fused/layer-norm.ts';
import { quantizedMatMul } from '../../engine/fused/quantized-matmul.ts';
import { rmsNorm } from '../../engine/fused/rms-norm.ts';
import { swiglu } from '../../engine/fused/swiglu.ts';
import type { LogitsTerm, WordRows } from '../../engine/fused/vocabulary-chunk.ts';
import { geglu } from '../../engine/geglu.ts';
import { gelu } from '../../engine/gelu.ts';
import { softCapped } from '../../engine/soft-cap.ts';
import { stopGradient } from '../../grpo/stop-gradient.ts';
import type { Mixer, Mlp, ModelConfig } from '../config.ts';
import {
  embeddingName,
  finalNormName,
  HEAD,
  layerName,
  nameIn,
  PER_LAYER_EMBEDDING,
  PER_LAYER_NORM,
  PER_LAYER_PROJECTION,
  positionEmbeddingName,
} from '../modules.ts';
import { deltaNet } from './delta-net.ts';
import { embed, embedPositions } from './embedding.ts';
import type { LayerOperations, MixerContext, Mixing, Positions } from './mixing.ts';
import { perLayerInputs, withInput } from './per-layer-inputs.ts';
import { type LayerInputs, recomputedLayer } from './recomputed-layer.ts';
import { selfAttention } from './self-attention.ts';
import { shortConvolution } from './short-convolution.ts';
import { wordRows } from './word-rows.ts';

/** A model's tensors by the names of its packed weights (`packing.ts`); linear weights are [out, in]. */
export type Parameters = Record<string, Tensor>;

/**
 * The decoder, from token ids [tokens] to hidden states [tokens, hiddenSize] before the last norm. Tokens of all rows are in one list, one row after
 * another; `mixing` knows which belong together. An adapter comes packed too: `packAdapters`.
 */
export function decode(
  params: Parameters,
  config: ModelConfig,
  ids: Tensor1D,
  positions: Positions,
  mixing: Mixing,
): Tensor2D {
  let x = times(embedTokens(params, config, ids), config.embeddingScale); // [tokens, hiddenSize]
  if (config.learnsPositions) {
    const table = params[`${positionEmbeddingName(config)}.weight`] as Tensor2D;
    x = add(x, embedPositions(table, positions.of));
  }
  const inputs = config.perLayerInputs && inputsOfLayers(params, config, ids, x);
  const keysAndValues: MixerContext['keysAndValues'] = {};
  for (const index of config.layers.keys()) {
    const layer = (params: Parameters, inputs: LayerInputs) =>
      decodeLayer(params, config, index, inputs, positions, mixing);
    const own = { x, input: inputs?.[index], keysAndValues };
    x = config.recomputed ? recomputedLayer(layer, params, config, index, own) : layer(params, own);
  }
  return x;
}

function decodeLayer(
  params: Parameters,
  config: ModelConfig,
  index: number,
  { x, input, keysAndValues }: LayerInputs,
  positions: Positions,
  mixing: Mixing,
): Tensor2D {
  const { mixer, mlp, norms, residualScale, scaled } = config.layers[index]!;
  const layer = layerOperations(params, config, index);
  const context = { layer: index, operations: layer, positions, mixing, keysAndValues };
  const mixed = mix(mixer, layer.norm(x, norms.beforeMixer), context);
  const between = add(x, times(layer.norm(mixed, norms.afterMixer), residualScale));
  const transformed = feedForward(layer, mlp, layer.norm(between, norms.beforeMlp));
  const after: Tensor2D = add(between, times(layer.norm(transformed, norms.afterMlp), residualScale));
  const told: Tensor2D = input ? withInput(layer, after, input) : after;
  return scaled ? mul(told, stopGradient(layer.tensor('layer_scalar')!)) : told;
}

/** What each layer is told of the tokens, whose embeddings are x. */
function inputsOfLayers(params: Parameters, config: ModelConfig, ids: Tensor1D, x: Tensor2D): Tensor2D[] {
  const embedded = embedTokens(params, config, ids, PER_LAYER_EMBEDDING);
  const projected = linear(params, x, PER_LAYER_PROJECTION);
  return perLayerInputs(config, { embedded, projected, norm: (x) => norm(params, config, x, PER_LAYER_NORM) });
}

const times = (x: Tensor2D, scale: number): Tensor2D => (scale === 1 ? x : mul(x, scale));

function layerOperations(params: Parameters, config: ModelConfig, index: number): LayerOperations {
  const pathOf = (module: string) => `${layerName(config, index)}.${nameIn(config, module)}`;
  return {
    norm: (x, module) => (module === undefined ? x : norm(params, config, x, pathOf(module))),
    project: (x, module) => linear(params, x as Tensor2D, pathOf(module)),
    tensor: (name) => params[pathOf(name)],
  };
}

function norm<T extends Tensor>(params: Parameters, config: ModelConfig, x: T, name: string): T {
  const { normEps, rmsNormOffset } = config;
  const weight = params[`${name}.weight`]!;
  if (config.layerNorm) return layerNorm(x, weight, params[`${name}.bias`]!, normEps) as T;
  return rmsNorm(x, rmsNormOffset === 0 ? weight : add(weight, rmsNormOffset), normEps) as T;
}

/** What layers mix tokens with, by the kind of their mixer; of x [tokens, hiddenSize], which is normed. */
function mix(mixer: Mixer, x: Tensor2D, context: MixerContext): Tensor2D {
  switch (mixer.kind) {
    case 'attention':
      return selfAttention(mixer, x, context);
    case 'short-convolution':
      return shortConvolution(mixer, x, context);
    case 'gated-delta-net':
      return deltaNet(mixer, x, context);
    default:
      return mixer satisfies never;
  }
}

/** Activation and product of an MLP with a gate, from gate and up side by side. */
const GATES: Record<Exclude<Mlp['kind'], 'gelu'>, (gateUp: Tensor) => Tensor> = { swiglu, geglu };

/** The MLP of x [tokens, hiddenSize], which is normed. */
function feedForward({ project }: LayerOperations, { kind }: Mlp, x: Tensor): Tensor2D {
  if (kind === 'gelu') return project(gelu(project(x, 'mlp.up_proj')), 'mlp.down_proj');
  const gateUp = project(x, 'mlp.gate_up_proj'); // [tokens, 2 · intermediateSize]
  return project(GATES[kind](gateUp), 'mlp.down_proj'); // [tokens, hiddenSize]
}

/** Next-token logits [tokens, vocabSize] of hidden states [tokens, hiddenSize]. */
export function logitsOf(params: Parameters, config: ModelConfig, hidden: Tensor2D): Tensor2D {
  const normed = norm(params, config, hidden, finalNormName(config));
  const [weight] = headWeight(params, config);
  return softCapped(times(linear(params, normed, HEAD, weight), config.logitScale), config.logitCap);
}

/** The factors whose products add up to these logits, before they are capped, divided by `temperature`. */
export function logitsTerms(
  params: Parameters,
  config: ModelConfig,
  hidden: Tensor2D,
  temperature: number,
): LogitsTerm[] {
  const states = times(norm(params, config, hidden, finalNormName(config)), config.logitScale / temperature);
  const terms: LogitsTerm[] = [{ states, weight: headWeight(params, config) }];
  const down = params[`${HEAD}.lora_A.weight`] as Tensor2D | undefined;
  const up = params[`${HEAD}.lora_B.weight`] as Tensor2D;
  if (down) terms.push({ states: matMul(states, down, false, true), weight: [up] });
  const factor = params[`${HEAD}.lora_factor`];
  if (!factor) return terms;
  return terms.map(({ states, weight: [weight] }) => ({ states, weight: [mul(weight, expandDims(factor, 1))] }));
}

const headWeight = (params: Parameters, config: ModelConfig): WordRows =>
  trainedWords(params, HEAD) ?? wordRows(params, `${config.tieEmbeddings ? embeddingName(config) : HEAD}.weight`)!;

/** What an adapter's training has in place of a module's own rows. */
const trainedWords = (params: Parameters, module: string): WordRows | undefined =>
  wordRows(params, `${module}.modules_to_save.weight`);

/** Embeddings of token ids, [tokens, width], with what an adapter adds to them. */
function embedTokens(params: Parameters, config: ModelConfig, ids: Tensor1D, name = embeddingName(config)): Tensor2D {
  const padTokenId = config.learnsPadding ? undefined : config.padTokenId;
  const bits = params[`${name}.bits`];
  if (bits) return halfRows(bits, params[`${name}.values`]!, ids);
  const table = trainedWords(params, name) ?? wordRows(params, `${name}.weight`)!;
  const embeddings = embed(table, ids, padTokenId);
  const down = params[`${name}.lora_embedding_A`];
  if (!down) return embeddings;
  const narrow = embed([down as Tensor2D], ids, padTokenId);
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
