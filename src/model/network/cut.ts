import type { Sequence } from './batch.ts';

/** Sequences that are computed together: whole groups, or some completions of one. Each `group` in a row share a prompt. */
export interface Part<S> {
  sequences: S[];
  group: number;
}

/** What one part may be. Groups are put together up to half the bytes only: larger parts are hardly faster, and memory stays with a graph. */
export interface Limits<S> {
  sequences: number;
  bytes: number;
  bytesOf(sequences: readonly S[], group: number): number;
}

/** So close to the smallest limit that gives no more parts, as a power of two of it. */
const HALVINGS = 8;

/**
 * Cuts groups of `group` sequences into as few parts as the limits let be, and these to be about equally large. The completions of a prompt
 * stay together as far as they can, because its tokens are then computed once for all of them; where a group is cut, those of similar length
 * do, because attention pads them to the longest.
 */
export function cutIntoParts<S extends Sequence>(sequences: readonly S[], group: number, limits: Limits<S>): Part<S>[] {
  const groups = chunks(sequences, group);
  let parts = fill(groups, group, limits);
  let [tooLittle, enough] = [0, limits.bytes];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const bytes = (tooLittle + enough) / 2;
    const smaller = fill(groups, group, { ...limits, bytes });
    if (smaller.length > parts.length) tooLittle = bytes;
    else [parts, enough] = [smaller, bytes];
  }
  return parts;
}

/** Fills one part after another. */
function fill<S extends Sequence>(groups: S[][], group: number, limits: Limits<S>): Part<S>[] {
  const fits = (sequences: S[], group: number, bytes = limits.bytes) =>
    sequences.length <= limits.sequences && limits.bytesOf(sequences, group) <= bytes;
  const parts: Part<S>[] = [];
  let last: Part<S> | undefined;
  for (const completions of groups) {
    if (last && fits([...last.sequences, ...completions], group, limits.bytes / 2)) {
      last.sequences.push(...completions);
    } else if (fits(completions, group)) {
      last = { sequences: [...completions], group };
      parts.push(last);
    } else {
      last = undefined;
      parts.push(...cutGroup(completions, (some) => fits(some, some.length)));
    }
  }
  return parts;
}

function cutGroup<S extends Sequence>(completions: S[], fits: (some: S[]) => boolean): Part<S>[] {
  const parts: S[][] = [];
  for (const completion of completions.toSorted((a, b) => a.completionIds.length - b.completionIds.length)) {
    const last = parts.at(-1);
    if (last && fits([...last, completion])) last.push(completion);
    else parts.push([completion]);
  }
  return parts.map((sequences) => ({ sequences, group: sequences.length }));
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

export const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
