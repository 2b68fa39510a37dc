import { permutation } from '../src/data/random.ts';
import { BadInput } from '../src/protocol/errors.ts';

/** How long the completions of a step are, in tokens. */
export interface LengthRange {
  shortest: number;
  longest: number;
}

/** Reads `8-256`. Throws BadInput for anything else. */
export function parseLengths(text: string): LengthRange {
  const [, shortest, longest] = /^([1-9]\d*)-([1-9]\d*)$/.exec(text)?.map(Number) ?? [];
  if (shortest === undefined || longest === undefined || shortest > longest)
    throw new BadInput(`--lengths ${text}: give the shortest and the longest length in tokens, as in 8-256.`);
  return { shortest, longest };
}

/** A length for each completion of a step: evenly spaced, in an order that is the same in every step and on both sides. */
export function spacedLengths({ shortest, longest }: LengthRange, rows: number): number[] {
  const step = (longest - shortest) / Math.max(1, rows - 1);
  // From the longest on, so that a single completion has that length.
  return permutation(0, ['lengths'], rows).map((index) => Math.round(longest - index * step));
}
