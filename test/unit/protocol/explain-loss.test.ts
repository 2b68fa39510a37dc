/** What the explanation says of the loss is what the loss does. */
import { describe, expect, test } from 'vitest';
import type { LossOptions } from '../../../src/grpo/loss.ts';
import { held } from '../../../src/protocol/explain-kl.ts';
import { isClipped, ratioTable } from '../../../src/protocol/explain-ratios.ts';
import { pullOf } from '../../../src/protocol/explain-weights.ts';
import { runConfigFields } from '../../../src/protocol/run-config-fields.ts';
import { type Batch, defaults, runLoss } from '../grpo/run-loss.ts';

const LOSS_TYPES = runConfigFields.shape.lossType.unwrap().options;
const LENGTHS = [5, 2, 4, 1];
const WIDTH = 5;

/** The same numbers each time, between 0 and 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Completions of different lengths; `drift`: how far the policy has moved since they were sampled, in nats. */
function batchOf(next: () => number, drift: number, byToken: boolean): Batch {
  const cells = (of: () => number) => LENGTHS.map(() => Array.from({ length: WIDTH }, of));
  const oldLogps = cells(() => -3 * next() - 0.1);
  const logps = oldLogps.map((row) => row.map((logp) => logp + drift * (next() - 0.5)));
  const mask = LENGTHS.map((length) => Array.from({ length: WIDTH }, (_, token) => (token < length ? 1 : 0)));
  const entropies = cells(() => 2 * next());
  const advantages = LENGTHS.map(() => Array.from({ length: byToken ? WIDTH : 1 }, () => 4 * next() - 2));
  return { logps, oldLogps, refLogps: oldLogps, entropies, mask, advantages };
}

/** Each loss with all tokens, and with those of highest entropy; cispo's cap is above 1 as its paper has it, and below. */
const LOSSES = [
  ...LOSS_TYPES.flatMap((lossType) => [1, 0.4].map((top) => [lossType, top, 5] as const)),
  ['cispo', 1, 0.2] as const,
];

describe.each([false, true])('advantages of tokens: %s', (byToken) => {
  test.each(LOSSES)(
    '%s, %d of tokens, epsilonHigh %d: at the first pass, a pull is the slope of the loss along a completion',
    (...of) => {
      const [lossType, topEntropyQuantile, epsilonHigh] = of;
      for (let seed = 1; seed <= 20; seed++) {
        const batch = batchOf(numbers(seed), 0, byToken);
        const options: LossOptions = { ...defaults, lossType, topEntropyQuantile, epsilonHigh };
        const { gradient, learns: all } = runLoss(batch, options);
        const step = { rows: LENGTHS.length, tokens: LENGTHS.reduce((sum, length) => sum + length, 0) };
        LENGTHS.forEach((length, row) => {
          const own = batch.advantages[row]!;
          const advantages = byToken ? own.slice(0, length) : undefined;
          const learns = all.length > 0 ? all.slice(row * WIDTH, row * WIDTH + length) : undefined;
          const completion = { advantage: own[0]!, advantages, length, counts: true, learns };
          const { pull } = pullOf(completion, { ...options, numMiniBatches: 1 }, step);
          const slope = Array.from(gradient).slice(row * WIDTH, row * WIDTH + length);
          expect(-slope.reduce((sum, each) => sum + each, 0)).toBeCloseTo(pull, 5);
        });
      }
    },
  );

  test.each([
    ...(['dapo', 'luspo'] as const).flatMap((lossType) =>
      (['token', 'sequence'] as const).map((level) => [level, lossType] as const),
    ),
  ])('by %s, as many are clipped as the loss of %s counts', (level, lossType) => {
    for (let seed = 1; seed <= 20; seed++) {
      const batch = batchOf(numbers(seed), 1.5, byToken);
      const options = {
        ...defaults,
        lossType,
        importanceSamplingLevel: level,
        numIterations: 2,
        numMiniBatches: 1,
      } as const;
      const { sums } = runLoss(batch, options);
      const completions = LENGTHS.map((length, row) => ({
        completion: '',
        counts: true,
        advantage: batch.advantages[row]![0]!,
        advantages: byToken ? batch.advantages[row]!.slice(0, length) : undefined,
        ratios: batch.logps[row]!.slice(0, length).map((logp, token) => Math.exp(logp - batch.oldLogps![row]![token]!)),
      }));
      const counts = ratioTable(completions, options)!.rows.map((row) => row.at(-1)!.split(' of ').map(Number));
      const total = (at: number) => counts.reduce((sum, count) => sum + count[at]!, 0);
      expect([total(0), total(1)]).toEqual([sums.clipRegion, sums.ratios]);
    }
  });
});

test.each([null, 0.9, 1.1, 1.3, 1.6])('delta %s: a clipped token is one from which the loss has no slope', (delta) => {
  const seen = new Set<boolean>();
  for (let seed = 1; seed <= 20; seed++) {
    const batch = batchOf(numbers(seed), 1.5, true);
    const options: LossOptions = { ...defaults, lossType: 'dapo', beta: 0, entropyCoef: 0, delta };
    const { gradient } = runLoss(batch, options);
    LENGTHS.forEach((length, row) => {
      for (let token = 0; token < length; token++) {
        const ratio = Math.exp(batch.logps[row]![token]! - batch.oldLogps![row]![token]!);
        const clipped = isClipped(ratio, batch.advantages[row]![token]!, options);
        expect(gradient[row * WIDTH + token] === 0, `ratio ${ratio}`).toBe(clipped);
        seen.add(clipped);
      }
    });
  }
  expect(seen.size).toBe(2);
});

test.each([
  ['token', false, 2],
  ['token', true, 2],
  ['sequence', true, 2],
  ['token', true, 1],
] as const)(
  'ratios by %s, corrected %s, passes %i: the KL divergence costs what it adds to the loss',
  (level, corrected, passes) => {
    for (let seed = 1; seed <= 20; seed++) {
      const batch = batchOf(numbers(seed), passes === 1 ? 0 : 1.5, false);
      batch.refLogps = batch.logps.map((row) => row.map((logp, token) => logp + (token % 2 === 0 ? 0.9 : -0.7)));
      const options: LossOptions = {
        ...{ ...defaults, lossType: 'grpo', entropyCoef: 0, beta: 0.04 },
        ...{ importanceSamplingLevel: level, useBiasCorrectionKl: corrected },
      };
      const added = runLoss(batch, options).loss - runLoss(batch, { ...options, beta: 0 }).loss;
      const completions = LENGTHS.map((length, row) => {
        const own = batch.logps[row]!.slice(0, length);
        const above = (other: number[], of: (difference: number) => number) =>
          own.map((logp, token) => of(other[token]! - logp));
        return {
          completion: `completion ${row}`,
          counts: true,
          kl: above(batch.refLogps![row]!, (difference) => Math.exp(difference) - difference - 1),
          ratios: passes === 1 ? undefined : above(batch.oldLogps![row]!, (difference) => Math.exp(-difference)),
        };
      });
      const { table } = held({ completions, options: { ...options, numIterations: passes, numMiniBatches: 1 } });
      const costs = table!.rows.map((row) => Number(row.at(-1)));
      expect(costs.reduce((sum, cost) => sum + cost, 0) / LENGTHS.length).toBeCloseTo(added, 4);
      expect(added).toBeGreaterThan(1e-3);
    }
  },
);
