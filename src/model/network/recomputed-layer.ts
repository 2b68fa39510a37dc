import { concat, reshape, split, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { recomputed } from '../../engine/recompute.ts';
import { type Attention, isAttention, type ModelConfig } from '../config.ts';
import { layerName } from '../modules.ts';
import type { KeysAndValues, MixerContext } from './mixing.ts';

type Tensors = Record<string, Tensor>;

/** What a layer computes with besides weights. */
export interface LayerInputs {
  /** [tokens, hiddenSize] */
  x: Tensor2D;
  /** What it is told of each token, [tokens, width], if anything. */
  input: Tensor2D | undefined;
  keysAndValues: MixerContext['keysAndValues'];
}

/** A layer whose activations are computed a second time for the gradient: by x, by its weights, and by what it has of others before it. */
export function recomputedLayer(
  layer: (params: Tensors, inputs: LayerInputs) => Tensor2D,
  params: Tensors,
  config: ModelConfig,
  index: number,
  { x, input, keysAndValues }: LayerInputs,
): Tensor2D {
  const from = sharedFrom(config, index);
  const given = from === undefined ? undefined : keysAndValues[from]!;
  const read = readers(config, index);
  const compute = (x: Tensor2D, { input, keys, values, ...own }: Tensors): Tensor2D => {
    const around: LayerInputs['keysAndValues'] = from === undefined ? {} : { [from]: { keys: keys!, values: values! } };
    const y = layer({ ...params, ...own }, { x, input: input as Tensor2D | undefined, keysAndValues: around });
    return read ? packed(y, around[index]!) : y;
  };
  const result = recomputed(compute, x, { ...trainedIn(params, config, index), ...(input && { input }), ...given });
  if (!read) return result;
  const parts = unpacked(result, read, x.shape[1]);
  keysAndValues[index] = parts.keysAndValues;
  return parts.y;
}

/** The weights of a layer that gradients are taken of. */
function trainedIn(params: Tensors, config: ModelConfig, index: number): Tensors {
  const own = Object.entries(params).filter(([name]) => name.startsWith(`${layerName(config, index)}.`));
  return Object.fromEntries(config.lora ? own.filter(([name]) => /\.(lora_|modules_to_save)/.test(name)) : own);
}

function sharedFrom({ layers }: ModelConfig, index: number): number | undefined {
  const { mixer } = layers[index]!;
  return isAttention(mixer) ? mixer.sharedFrom : undefined;
}

/** The layer's attention, where others attend to its keys and values too. */
function readers({ layers }: ModelConfig, index: number): Attention | undefined {
  const { mixer } = layers[index]!;
  const isRead = layers.some((other) => isAttention(other.mixer) && other.mixer.sharedFrom === index);
  return isRead && isAttention(mixer) ? mixer : undefined;
}

/** All that leaves a layer as one tensor, since only one can be computed again. */
const packed = (y: Tensor2D, { keys, values }: KeysAndValues): Tensor2D =>
  concat([y, ...[keys, values].map((x): Tensor2D => reshape(x, [x.shape[0]!, x.shape[1]! * x.shape[2]!]))], 1);

function unpacked(all: Tensor2D, { kvHeads, headDim }: Attention, hiddenSize: number) {
  const [y, ...both] = split(all, [hiddenSize, kvHeads * headDim, kvHeads * headDim], 1) as Tensor2D[];
  const [keys, values] = both.map((x) => reshape(x, [x.shape[0], kvHeads, headDim])) as [Tensor, Tensor];
  return { y: y!, keysAndValues: { keys, values } };
}
