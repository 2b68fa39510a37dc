import type { Weights } from '../../model/weights-tree.ts';

/** Some of the weights, under names that are the same for every layer. */
export interface Part {
  take(weights: Weights): Weights;
  restore(taken: Weights): Weights;
}

/**
 * The layers one by one, the chunks of a vocabulary's matrix (`inChunks`), then the rest: an optimizer's graph takes several times the memory of
 * what it updates, and one graph serves all layers.
 */
export function partsOf(weights: Weights): Part[] {
  const parts = new Map<string, [own: string, name: string][]>();
  for (const name of Object.keys(weights)) {
    const [part, own] = placeOf(name);
    parts.set(part, [...(parts.get(part) ?? []), [own, name]]);
  }
  return [...parts.values()].map((names) => ({
    take: (from) => Object.fromEntries(names.map(([own, name]) => [own, from[name]!])),
    restore: (taken) => Object.fromEntries(names.map(([own, name]) => [name, taken[own]!])),
  }));
}

/** Which part a tensor belongs to, and its name there. */
function placeOf(name: string): [part: string, own: string] {
  const layer = /^.*?\.\d+\./.exec(name)?.[0] ?? '';
  const chunk = /#\d+$/.exec(name);
  return chunk ? [name, name.slice(0, chunk.index)] : [layer, name.slice(layer.length)];
}
