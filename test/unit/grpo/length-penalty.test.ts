import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { adaptedWeight, lengthPenalty } from '../../../src/grpo/length-penalty.ts';
import { overlongPenalty } from '../../../src/rewards/library/length.ts';
import { maxDifference } from './fixture.ts';

/** What test/references/advantages.py writes: TRL's soft overlong punishment. */
interface Fixture {
  overlong: { maxLength: number; cache: number; lengths: number[]; scores: number[] }[];
}
const file = new URL('../../references/fixtures/advantages.json', import.meta.url);
const fixture: Fixture = JSON.parse(readFileSync(file, 'utf8'));

test.each(fixture.overlong)("TRL's soft overlong punishment, cache $cache", ({ maxLength, cache, lengths, scores }) => {
  const reward = overlongPenalty({ maxLength, cache });
  const found = lengths.map(
    (length) => reward({ prompt: '', completion: '', completionIds: Array<number>(length).fill(1) }).score!,
  );
  expect(maxDifference(found, scores)).toBeLessThan(1e-12);
});

describe('a length penalty that adapts', () => {
  const target = { target: 50, learningRate: 0.1, maxWeight: 0.5 };

  test('costs what is beyond the target, as a share of the longest completion', () => {
    const costs = [0, 50, 75, 100].map((length) => lengthPenalty(length, 0.4, target, 100));
    expect(costs).toEqual([0, 0, -0.1, -0.2]);
    expect(lengthPenalty(100, 0, target, 100)).toBe(0);
  });

  test('has a weight that follows the mean length, within its bounds', () => {
    expect(adaptedWeight(0, 100, target)).toBeCloseTo(0.1, 12);
    expect(adaptedWeight(0.2, 25, target)).toBeCloseTo(0.15, 12);
    expect(adaptedWeight(0.48, 100, target)).toBe(0.5);
    expect(adaptedWeight(0.02, 10, target)).toBe(0);
    expect(adaptedWeight(0.3, 50, target)).toBe(0.3);
  });
});
