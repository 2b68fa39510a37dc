import type { Weights } from '../../model/weights-tree.ts';

/** Some of the weights, under names that are the same for every layer. */
export interface Part {
  take(weights: Weights): Weights;
  restore(taken: Weights): Weights;
}

/**
 * The layers one by one, then the rest: an optimizer's graph takes several times the memory of what it updates, and one graph serves all
 * layers.
 */
export function partsOf(weights: Weights): Part[] {
  const prefixes = new Map<string, string[]>();
  for (const name of Object.keys(weights)) {
    const prefix = /^.*?\.layers\.\d+\./.exec(name)?.[0] ?? '';
    prefixes.set(prefix, [...(prefixes.get(prefix) ?? []), name]);
  }
  return [...prefixes].map(([prefix, names]) => ({
    take: (from) => Object.fromEntries(names.map((name) => [name.slice(prefix.length), from[name]!])),
    restore: (taken) => Object.fromEntries(Object.entries(taken).map(([name, array]) => [prefix + name, array])),
  }));
}
