/** How sequences are cut into parts that are computed together. */
import { expect, test } from 'vitest';
import type { Sequence } from '../../../../src/model/network/batch.ts';
import { cutIntoParts, type Limits } from '../../../../src/model/network/cut.ts';

/** A sequence of so many tokens, of which the prompt is one. */
const sequence = (length: number): Sequence => ({ promptIds: [1], completionIds: Array(length - 1).fill(2) });
const lengthOf = ({ completionIds }: Sequence): number => 1 + completionIds.length;

/** A byte a token, padded to the longest. */
const padded: Limits<Sequence> = {
  sequences: 100,
  bytes: 1000,
  bytesOf: (sequences) => sequences.length * Math.max(...sequences.map(lengthOf)),
};
const cut = (lengths: number[], group: number, limits: Partial<Limits<Sequence>> = {}) =>
  cutIntoParts(lengths.map(sequence), group, { ...padded, ...limits });
const lengthsOf = (parts: ReturnType<typeof cut>) => parts.map(({ sequences }) => sequences.map(lengthOf));

test('every sequence is in one part, and no part is larger than it may be', () => {
  const lengths = Array.from({ length: 60 }, (_, index) => 2 + ((37 * index) % 300));
  for (const group of [1, 4, 20]) {
    const parts = cut(lengths, group);
    for (const part of parts) {
      expect(padded.bytesOf(part.sequences, part.group)).toBeLessThanOrEqual(padded.bytes);
      expect(part.sequences.length % part.group).toBe(0);
    }
    const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
    expect(sorted(lengthsOf(parts).flat())).toEqual(sorted(lengths));
  }
});

test('a sequence that is too large for any part is computed alone', () => {
  expect(lengthsOf(cut([5000, 3, 6000], 1))).toEqual([[5000], [3], [6000]]);
  expect(lengthsOf(cut([5000, 3, 6000], 3))).toEqual([[3], [5000], [6000]]);
});

test('groups stay whole where they fit, beside one that does not', () => {
  const parts = cut([10, 20, 900, 30, 40, 50], 2);
  expect(lengthsOf(parts)).toEqual([[10, 20], [30], [900], [40, 50]]);
  expect(parts.map((part) => part.group)).toEqual([2, 1, 1, 2]);
});

test('parts are no more than they have to be, and of like size', () => {
  const sizes = (...args: Parameters<typeof cut>) => lengthsOf(cut(...args)).map((part) => part.length);
  expect(sizes(Array(12).fill(80), 12)).toEqual([12]);
  expect(sizes(Array(12).fill(90), 12)).toEqual([6, 6]);
  // Groups share a part up to half of what one may have.
  expect(sizes(Array(8).fill(100), 1)).toEqual([4, 4]);
  expect(sizes(Array(12).fill(80), 3)).toEqual([6, 6]);
  expect(sizes(Array(12).fill(10), 3, { sequences: 7 })).toEqual([6, 6]);
});
