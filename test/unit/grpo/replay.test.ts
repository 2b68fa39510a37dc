import { describe, expect, test } from 'vitest';
import { replayWeight, weighted } from '../../../src/grpo/replay.ts';
import { fixture, maxDifference } from './fixture.ts';
import { runLoss } from './run-loss.ts';

const { inputs, start, maxWeight, weights, cases } = fixture.replays;
const own = start.map((now, row) => replayWeight(now, inputs.oldLogps[row]!, inputs.mask[row]!, maxWeight));

test("weights are PyTorch's: below 1, above it, and at their bound", () => {
  expect(maxDifference(own, weights)).toBeLessThan(1e-6);
  expect(own.some((weight) => weight < 0.9)).toBe(true);
  expect(own.some((weight) => weight > 1.1 && weight < maxWeight)).toBe(true);
  expect(own).toContain(maxWeight);
});

describe("TRL's loss of weighted completions is that of weighted advantages", () => {
  test.each(cases.map((each) => [each.options.lossType, each] as const))('%s', (_, { options, loss, gradient }) => {
    const advantages = inputs.advantages.map(([advantage], row) => [weighted(advantage!, own[row]!) as number]);
    const actual = runLoss({ ...inputs, advantages }, options);
    expect(Math.abs(actual.loss - loss)).toBeLessThan(1e-5);
    expect(maxDifference(actual.gradient, gradient.flat())).toBeLessThan(1e-5);
    const unweighted = runLoss(inputs, options);
    expect(maxDifference(unweighted.gradient, gradient.flat())).toBeGreaterThan(1e-3);
  });
});

test('tokens that do not count have no part in a weight, and each token of a completion is weighted', () => {
  expect(replayWeight([-1, -50], [-1.5, -1], [1, 0], 2)).toBeCloseTo(Math.exp(0.5), 12);
  expect(replayWeight([], [], [], 2)).toBe(1);
  expect(weighted([1, -2, 0], 0.5)).toEqual([0.5, -1, 0]);
});
