import { describe, expect, test } from 'vitest';
import type { LossOptions } from '../../../src/grpo/loss.ts';
import { lossMetrics } from '../../../src/grpo/metrics.ts';
import type { LossType } from '../../../src/grpo/policy-loss.ts';
import { runConfigFields } from '../../../src/protocol/run-config-fields.ts';
import { expectMetrics, fixture, maxDifference } from './fixture.ts';
import { type Batch, defaults, rowsOf, runLoss } from './run-loss.ts';

const LOSS_TYPES = runConfigFields.shape.lossType.unwrap().options;

describe('golden vectors', () => {
  const batch: Batch = {
    logps: [
      [-1, -0.5, -2],
      [-0.2, -1.5, -0.7],
    ],
    oldLogps: [
      [-1.2, -0.5, -1.7],
      [-0.1, -1, -0.7],
    ],
    refLogps: [
      [-1.1, -0.6, -2.2],
      [-0.2, -1.4, -0.9],
    ],
    mask: [
      [1, 1, 1],
      [1, 1, 0],
    ],
    advantages: [[0.9], [-1.1]],
  };
  const expected: [Partial<LossOptions>, loss: number, gradient: number[]][] = [
    [{ lossType: 'grpo' }, 0.024738, [-0.182576, -0.149366, -0.109914, 0.24883, -0.001052, 0]],
    [{ lossType: 'bnpo' }, -0.157867, [-0.219091, -0.179239, -0.131897, 0.199064, -0.000841, 0]],
    [{ lossType: 'dapo' }, -0.157867, [-0.219091, -0.179239, -0.131897, 0.199064, -0.000841, 0]],
    [{ lossType: 'dr_grpo' }, -0.049333, [-0.068466, -0.056012, -0.041218, 0.062208, -0.000263, 0]],
    [{ lossType: 'sapo' }, 0.020607, [-0.180349, -0.149366, -0.108069, 0.24821, 0.158824, 0]],
    [{ lossType: 'cispo', epsilonHigh: 5 }, 0.336848, [-0.219091, -0.179239, -0.131897, 0.199064, 0.132595, 0]],
    [
      { lossType: 'grpo', importanceSamplingLevel: 'sequence' },
      0.004994,
      [-0.144448, -0.144448, -0.143874, 0, -0.001052, 0],
    ],
  ];
  test.each(expected)('%o', (options, loss, gradient) => {
    const actual = runLoss(batch, { ...defaults, beta: 0.04, ...options });
    expect(Math.abs(actual.loss - loss)).toBeLessThan(1e-5);
    expect(maxDifference(actual.gradient, gradient)).toBeLessThan(1e-5);
    expect(lossMetrics(actual.sums).kl).toBeCloseTo(0.006715, 5);
  });

  test('clip ratios', () => {
    const metrics = lossMetrics(runLoss(batch, defaults).sums);
    expect(metrics['clip_ratio/low_mean']).toBeCloseTo(0.2, 6);
    expect(metrics['clip_ratio/high_mean']).toBe(0);
    expect(metrics['clip_ratio/region_mean']).toBeCloseTo(0.2, 6);
  });
});

describe.each(fixture.losses.map(({ inputs, cases }) => ({ inputs, cases, columns: inputs.advantages[0]!.length })))(
  "TRL's losses, advantages in $columns column(s)",
  ({ inputs, cases }) => {
    test.each(cases)('$options', ({ options, loss, gradient, entropyGradient, metrics }) => {
      const actual = runLoss(inputs, options);
      expect(Math.abs(actual.loss - loss)).toBeLessThan(1e-5);
      expect(maxDifference(actual.gradient, gradient.flat())).toBeLessThan(1e-5);
      if (entropyGradient) expect(maxDifference(actual.entropyGradient, entropyGradient.flat())).toBeLessThan(1e-5);

      expectMetrics(lossMetrics(actual.sums), metrics, options, inputs.advantages);
    });
  },
);

/** A batch with ratios around 1, clipped here and there, and the given number of tokens in each row. */
function randomBatch(lengths: number[], columns: number, seed: number): Batch {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const table = (cell: (row: number, column: number) => number) =>
    lengths.map((_, row) => Array.from({ length: columns }, (_, column) => cell(row, column)));
  const logps = table(() => -4 * random());
  const near = () => table((row, column) => logps[row]![column]! + random() - 0.5);
  return {
    logps,
    oldLogps: near(),
    refLogps: near(),
    entropies: table(() => 3 * random()),
    mask: table((row, column) => (column < lengths[row]! ? 1 : 0)),
    advantages: lengths.map(() => [4 * random() - 2]),
  };
}

describe.each(LOSS_TYPES)('%s', (lossType) => {
  const options: LossOptions = {
    ...defaults,
    lossType,
    beta: 0.04,
    entropyCoef: 0.01,
    epsilonHigh: lossType === 'cispo' ? 1.2 : 0.28,
  };

  test('micro-batches add up to the whole batch', () => {
    const whole = randomBatch([5, 2, 4, 1, 3, 5, 1, 2], 5, 1);
    const parts = [0, 2, 4, 6].map((start) => runLoss(rowsOf(whole, start, start + 2), options, whole));
    const gradients = parts.flatMap((part) => part.gradient);
    const loss = parts.reduce((sum, part) => sum + part.loss, 0);
    const atOnce = runLoss(whole, options);
    if (lossType === 'bnpo') {
      // By definition the mean of the micro-batches' own token means.
      const alone = [0, 2, 4, 6].map((start) =>
        runLoss(rowsOf(whole, start, start + 2), { ...options, entropyCoef: 0 }),
      );
      const means = alone.reduce((sum, part) => sum + part.loss / 4, 0);
      const entropy = atOnce.sums.entropy / atOnce.sums.tokens;
      expect(loss).toBeCloseTo(means - 0.01 * entropy, 5);
      return;
    }
    expect(loss).toBeCloseTo(atOnce.loss, 5);
    expect(maxDifference(gradients, atOnce.gradient)).toBeLessThan(1e-6);
    for (const name of Object.keys(atOnce.sums) as (keyof typeof atOnce.sums)[]) {
      const total = parts.reduce((sum, part) => sum + part.sums[name], 0);
      expect(total, name).toBeCloseTo(atOnce.sums[name], 4);
    }
  });

  test.each(['token', 'sequence'] as const)('padding may hold anything, ratios per %s', (importanceSamplingLevel) => {
    const clean = randomBatch([3, 1, 0, 4], 4, 2);
    const garbage = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38];
    const dirty: Batch = structuredClone(clean);
    for (const name of ['logps', 'oldLogps', 'refLogps', 'entropies'] as const) {
      dirty.mask.forEach((row, i) => {
        row.forEach((m, j) => {
          if (m === 0) dirty[name]![i]![j] = garbage[(i + j + name.length) % garbage.length]!;
        });
      });
    }
    const expected = runLoss(clean, { ...options, importanceSamplingLevel });
    expect(expected.gradient.every(Number.isFinite)).toBe(true);
    expect(runLoss(dirty, { ...options, importanceSamplingLevel })).toEqual(expected);
  });

  test('advantage 0 gives no gradient to the policy, KL and entropy aside', () => {
    const batch = randomBatch([3, 1, 4], 4, 3);
    batch.advantages = [[0], [0], [0]];
    const { loss, gradient } = runLoss(batch, { ...options, beta: 0, entropyCoef: 0 });
    expect(loss).toBeCloseTo(0, 12);
    expect(Math.max(...gradient.map(Math.abs))).toBe(0);
  });

  test('a policy that has not moved is pushed by its advantages alone', () => {
    const { oldLogps, ...batch } = randomBatch([4, 2, 3, 1], 4, 4);
    const plain = { ...options, beta: 0, entropyCoef: 0 };
    const without = runLoss(batch, plain);
    expect(runLoss({ ...batch, oldLogps: batch.logps }, plain)).toEqual(without);
    // At ratio 1, a tie of clipped and unclipped, every loss type has the slope −A times a positive weight.
    batch.mask.forEach((row, i) => {
      row.forEach((m, j) => {
        const slope = without.gradient[i * row.length + j]!;
        if (m === 0) expect(slope).toBeCloseTo(0, 12);
        else expect(Math.sign(slope)).toBe(-Math.sign(batch.advantages[i]![0]!));
      });
    });
    const tokens = batch.mask.flat().reduce((sum, m) => sum + m, 0);
    const firstSlope = -batch.advantages[0]![0]!;
    const byTokens = { bnpo: 1 / tokens, dapo: 1 / tokens, cispo: 1 / tokens, vespo: 1 / tokens };
    const weights: Partial<Record<LossType, number>> = { ...byTokens, dr_grpo: 1 / (4 * 8), luspo: 1 / 4 };
    const weight = weights[lossType] ?? 1 / 4 / 4;
    expect(without.gradient[0]).toBeCloseTo(firstSlope * weight, 6);
  });
});

test('the gradient at the edges of the clip range and of delta is that of torch.clamp: inside', () => {
  // ρ exactly 1: the edge of a clip range of width 0.
  const batch: Batch = { logps: [[-1], [-1]], oldLogps: [[-1], [-1]], mask: [[1], [1]], advantages: [[1], [-1]] };
  for (const options of [{ epsilon: 0, epsilonHigh: 0 }, { delta: 1 }]) {
    expect(runLoss(batch, { ...defaults, ...options }).gradient).toEqual([-0.5, 0.5]);
  }
});

test('the tokens of highest entropy learn, whatever the padding holds', () => {
  const batch = randomBatch([3, 1, 0, 4], 4, 7);
  batch.entropies = [
    [0.5, 0.1, 0.9, 99],
    [0.2, 99, 99, 99],
    [99, 99, 99, 99],
    [0.9, 0.3, 0, 0.7],
  ];
  const learning = (topEntropyQuantile: number) => {
    const { learns } = runLoss(batch, { ...defaults, topEntropyQuantile });
    return batch.entropies!.flat().filter((_, i) => learns[i] === 1);
  };
  expect(learning(0)).toEqual([0.9, 0.9]);
  // Ranks 0 to 7: 0 .1 .2 .3 .5 .7 .9 .9; of half of them the lowest is between .3 and .5.
  expect(learning(0.5)).toEqual([0.5, 0.9, 0.9, 0.7]);
  expect(learning(3 / 7)).toEqual([0.5, 0.9, 0.9, 0.7]);
  expect(learning(0.42)).toEqual([0.9, 0.9, 0.7]);
  expect(learning(0.99)).toHaveLength(7);
});

test("where float32 cannot hold vespo's weight, nothing is learned", () => {
  const batch: Batch = { logps: [[-1]], oldLogps: [[-1]], mask: [[1]], advantages: [[1]] };
  const at = (vespoLambdaPos: number) =>
    runLoss(batch, { ...defaults, lossType: 'vespo', vespoKPos: 1e30, vespoLambdaPos }).gradient;
  expect(at(3)).toEqual([-1]);
  batch.oldLogps = [[-2]];
  expect(at(3)).toEqual([0]);
});

test('a weight without its input is an error', () => {
  const { refLogps, entropies, ...batch } = randomBatch([2], 2, 5);
  expect(() => runLoss(batch, { ...defaults, beta: 0.1 })).toThrow(/beta.*refLogps/);
  expect(() => runLoss(batch, { ...defaults, entropyCoef: 0.1 })).toThrow(/entropyCoef.*entropies/);
  expect(() => runLoss(batch, { ...defaults, topEntropyQuantile: 0.5 })).toThrow(/topEntropyQuantile.*entropies/);
});
