import { expect, it } from 'vitest';
import { batchesOfSimilarLength } from '../../../src/cli/logprobs.ts';

it('puts sequences of similar length together, within the limit, each once', () => {
  const lengths = Array.from({ length: 200 }, (_, index) => ((index * 37) % 150) + 1);
  const sequences = lengths.map((length) => ({ promptIds: [1], completionIds: Array<number>(length - 1).fill(2) }));
  const batches = batchesOfSimilarLength(sequences);
  expect(batches.flat().sort((a, b) => a - b)).toEqual([...sequences.keys()]);
  const sorted = batches.flat().map((index) => lengths[index]!);
  expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
  for (const batch of batches) {
    const longest = Math.max(...batch.map((index) => lengths[index]!));
    expect(longest * batch.length).toBeLessThanOrEqual(1024);
  }
  expect(batches.length).toBeLessThan(30);
});

it('gives a sequence that is beyond the limit a batch of its own', () => {
  const sequence = (length: number) => ({ promptIds: Array<number>(length).fill(1), completionIds: [2] });
  expect(batchesOfSimilarLength([sequence(5000), sequence(3), sequence(6000)])).toEqual([[1], [0], [2]]);
});
