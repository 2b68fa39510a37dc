import { concat, gather, reshape, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { isAttention, type ModelConfig } from '../config.ts';
import type { KeyValues } from '../network/split-attention.ts';

/** What attention remembers of earlier tokens: keys and values by `keys0`, `values0`, ..., of every layer that computes its own. */
export type Caches = Record<string, Tensor>;
/** What the other mixers remember of a sequence, of one size however long it is, [sequences, ...]: that of each layer by `rows0`, `memory0`, ... */
export type States = Record<string, Tensor>;
/** Places in caches, by the number of key/value heads that they have: an index for each head of each row. */
export type Places = Record<string, Tensor>;

export type ArrangeInputs = {
  /** [places, tokens, headDim], or the same with its places on two axes. */
  caches: Caches;
  /** Of the same places: what comes behind. */
  appended?: Caches;
  /** int32 [slots, places of a slot]. */
  places: Places;
};

/** Brings caches to where `decodeProgram` takes them: [slots, places of a slot, tokens, headDim]. */
export function arrangeProgram(config: ModelConfig) {
  const kvHeads = kvHeadsOf(config);
  return ({ caches, appended, places }: ArrangeInputs): { caches: Caches } => ({
    caches: mapTensors(caches, (cache, name) => {
      const to = places[kvHeads.get(layerOf(name))!]!;
      const [slots, each] = to.shape as [number, number];
      const from = reshape(to, [slots * each]) as Tensor1D;
      const parts = [cache, ...(appended ? [appended[name]!] : [])].map((part) => gather(flatPlaces(part), from));
      const all = concat(parts, 1);
      return reshape(all, [slots, each, ...all.shape.slice(1)]);
    }),
  });
}

/** [places, tokens, headDim] */
export const flatPlaces = (cache: Tensor): Tensor =>
  cache.rank === 3 ? cache : reshape(cache, [cache.shape[0]! * cache.shape[1]!, ...cache.shape.slice(2)]);

export const mapTensors = <T>(tensors: Caches, each: (tensor: Tensor, name: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, each(tensor, name)]));

export const ofLayer = (caches: Caches, layer: number): KeyValues => ({
  keys: caches[`keys${layer}`]!,
  values: caches[`values${layer}`]!,
});

export const isOfCache = (name: string): boolean => /^(keys|values)\d/.test(name);

/** The numbers of key/value heads of the layers that have attention. */
export const kvHeadsOf = ({ layers }: ModelConfig): Map<number, number> =>
  new Map(layers.flatMap(({ mixer }, layer) => (isAttention(mixer) ? [[layer, mixer.kvHeads]] : [])));

/** The layer of a cache's name. */
export const layerOf = (name: string): number => Number(/\d+$/.exec(name)![0]);
