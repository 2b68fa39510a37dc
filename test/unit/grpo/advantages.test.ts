import { describe, expect, test } from 'vitest';
import { type AdvantageOptions, computeAdvantages } from '../../../src/grpo/advantages.ts';
import { assignCredit } from '../../../src/grpo/credit.ts';
import { rolloutMetrics } from '../../../src/grpo/metrics.ts';
import { fixture, maxDifference } from './fixture.ts';

const defaults: AdvantageOptions = {
  scaleRewards: 'group',
  multiObjectiveAggregation: 'sum_then_normalize',
  baseline: 'group',
};
const one = (rewards: (number | null)[], groupSize: number, options: Partial<AdvantageOptions> = {}) =>
  computeAdvantages(
    rewards.map((reward) => [reward]),
    [1],
    groupSize,
    { ...defaults, ...options },
  );

describe('golden vectors', () => {
  test.each([
    ['group', [0.865875, -0.865875, -0.865875, 0.865875, -0.499967, -0.499967, -0.499967, 1.4999]],
    ['batch', [0.312874, -0.312874, -0.312874, 0.312874, -0.46931, -0.46931, -0.46931, 1.407931]],
    ['none', [0.5, -0.5, -0.5, 0.5, -0.75, -0.75, -0.75, 2.25]],
  ] as const)('scaled by %s', (scaleRewards, expected) => {
    const { advantages } = one([1, 0, 0, 1, 2, 2, 2, 5], 4, { scaleRewards });
    expect(maxDifference(advantages, expected)).toBeLessThan(1e-5);
  });

  test('the worked example of the teaching material', () => {
    const { advantages, groups } = one([2.8, 2.8, 2.0, 0.8], 4);
    expect(groups[0]!.mean).toBeCloseTo(2.1, 10);
    expect(groups[0]!.std).toBeCloseTo(0.945, 3);
    expect(maxDifference(advantages, [0.7405, 0.7405, -0.1058, -1.3753])).toBeLessThan(1e-4);
  });

  test("subtracting each state's mean takes most of the variance away", () => {
    const variance = (values: number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    };
    const rewards = [11, 9, 0, 2];
    expect(variance(one(rewards, 2, { baseline: 'none' }).advantages)).toBeCloseTo(85 / 3, 10);
    expect(variance(one(rewards, 2, { scaleRewards: 'none' }).advantages)).toBeCloseTo(4 / 3, 10);
  });
});

test.each(fixture.advantages)("TRL's advantages and reward metrics: $name, $options", (reference) => {
  const { scores, weights } = reference;
  const completions = { scores, weights, steps: scores.map((row) => row.map(() => [])), lengths: scores.map(() => 1) };
  const credit = assignCredit({ ...completions, groupSize: 4 }, reference.options);
  expect(maxDifference(credit.advantages, reference.advantages)).toBeLessThan(1e-5);
  const rows = reference.scores.map(() => ({ failed: false, truncated: false, length: 1 }));
  const metrics = rolloutMetrics(reference.names, credit, rows);
  for (const [key, value] of Object.entries(reference.metrics)) {
    if (value === null) expect(metrics[key], key).toBeNull();
    else expect(metrics[key], key).toBeCloseTo(value, 5);
  }
});

describe('without a comparison', () => {
  test.each(['group', 'batch', 'none'] as const)('equal rewards give exactly 0, scaled by %s', (scaleRewards) => {
    const { advantages, groups } = one([0.1, 0.1, 0.1, 0, 1, 0], 3, { scaleRewards });
    expect(advantages.slice(0, 3)).toEqual([0, 0, 0]);
    expect(groups.map(({ informative }) => informative)).toEqual([false, true]);
  });

  test('a row that nobody scored gets 0 and does not move the others', () => {
    const { rewards, advantages } = one([1, null, 3], 3);
    expect(rewards).toEqual([1, null, 3]);
    expect(advantages[1]).toBe(0);
    expect([advantages[0], advantages[2]]).toEqual(one([1, 3], 2).advantages);
  });

  test('an abstaining function leaves the weights of the others as they are', () => {
    const { rewards } = computeAdvantages(
      [
        [1, null],
        [1, 0],
      ],
      [2, 5],
      2,
      defaults,
    );
    expect(rewards).toEqual([2, 2]);
  });

  test('rows that do not fill groups are an error', () => {
    expect(() => one([1, 2, 3], 2)).toThrow(/groups of 2/);
  });
});

test('without a baseline the rewards are the weights, whatever the scale', () => {
  for (const scaleRewards of ['group', 'batch', 'none'] as const) {
    expect(one([1, 1, 0, 0], 2, { baseline: 'none', scaleRewards }).advantages).toEqual([1, 1, 0, 0]);
  }
  const { groups } = one([1, 1, 0, 0], 2, { baseline: 'none' });
  expect(groups.map(({ informative }) => informative)).toEqual([true, false]);
});

test('normalising first, functions that disagree on equal sums still tell rows apart', () => {
  const scores = [
    [10, 0],
    [0, 10],
    [5, 5],
    [5, 5],
  ];
  const normalizeFirst = { ...defaults, multiObjectiveAggregation: 'normalize_then_sum' } as const;
  expect(computeAdvantages(scores, [1, 1], 4, defaults).groups[0]!.informative).toBe(false);
  expect(computeAdvantages(scores, [1, 0.5], 4, normalizeFirst).groups[0]!.informative).toBe(true);
});
