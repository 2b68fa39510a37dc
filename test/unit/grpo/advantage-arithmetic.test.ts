import { describe, expect, it } from 'vitest';
import { advantageArithmetic, resultOf } from '../../../src/grpo/advantage-arithmetic.ts';
import type { AdvantageOptions } from '../../../src/grpo/advantages.ts';
import { assignCredit, type ScoredCompletions } from '../../../src/grpo/credit.ts';

/** Park and Miller's: the same numbers in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Scores as they come: few values, equal groups, functions that abstain, rows that nothing scores, and of some functions steps. */
function randomBatch(random: () => number, withSteps: boolean): ScoredCompletions {
  const groupSize = 1 + Math.floor(random() * 6);
  const functions = 1 + Math.floor(random() * 3);
  const rows = groupSize * (1 + Math.floor(random() * 4));
  const score = () => (random() < 0.2 ? null : Math.floor(random() * 5) - 1);
  const lengths = Array.from({ length: rows }, () => Math.floor(random() * 12));
  const stepwise = Array.from({ length: functions }, () => withSteps && random() < 0.6);
  return {
    scores: Array.from({ length: rows }, () => Array.from({ length: functions }, score)),
    steps: lengths.map((length) =>
      stepwise.map((scoresSteps) => {
        const count = scoresSteps ? Math.floor(random() * 4) : 0;
        const ends = Array.from({ length: count }, () => Math.floor(random() * (length + 1))).sort((a, b) => a - b);
        return ends.map((end) => ({ end, score: Math.floor(random() * 3) }));
      }),
    ),
    lengths,
    weights: Array.from({ length: functions }, () => Math.floor(random() * 5) / 2),
    groupSize,
    histories: Array.from({ length: rows / groupSize }, () =>
      random() < 0.3 ? undefined : { rows: Math.floor(random() * 9) / 2 + 0.5, mean: random() * 4 - 1 },
    ),
  };
}

const allOptions = (['group', 'batch', 'adaptive', 'none'] as const).flatMap((scaleRewards) =>
  (['sum_then_normalize', 'normalize_then_sum'] as const).flatMap((multiObjectiveAggregation) =>
    (['group', 'leave-one-out', 'history', 'none'] as const).flatMap((baseline) =>
      [null, 0.3].map(
        (processRewardWeight): AdvantageOptions => ({
          ...{ scaleRewards, multiObjectiveAggregation, baseline, processRewardWeight },
        }),
      ),
    ),
  ),
);

describe('advantageArithmetic', () => {
  it.each(allOptions)('comes to the advantages that train, with %o', (options) => {
    const random = randomNumbers(7);
    for (let round = 0; round < 200; round++) {
      const batch = randomBatch(random, round % 3 === 0);
      const { advantages } = assignCredit(batch, options);
      const results = advantageArithmetic(batch, options).map(resultOf);
      // Advantages of positions are float32.
      results.forEach((result, row) => {
        expect(Math.abs(result - advantages[row]!), JSON.stringify({ batch, row })).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(result)),
        );
      });
    }
  });

  it('has the numbers of the issue: 7 among 7, 7, 2, 1', () => {
    const scores = [[7], [7], [2], [1]];
    const batch = { scores, steps: scores.map(() => [[]]), lengths: [1, 1, 1, 1], weights: [1], groupSize: 4 };
    const options = {
      scaleRewards: 'group',
      multiObjectiveAggregation: 'sum_then_normalize',
      baseline: 'group',
    } as const;
    const [first] = advantageArithmetic(batch, options);
    expect(first).toMatchObject({ kind: 'compared', reward: { value: 7, mean: 4.25, over: 'group' } });
    expect(resultOf(first!)).toBeCloseTo(2.75 / (3.201562 + 1e-4), 5);
  });

  it('counts the steps of a completion, and compares them with those of its group', () => {
    const step = (end: number, score: number) => ({ end, score });
    const steps = [[[step(2, 1), step(4, 1)]], [[step(2, 1), step(4, 0)]]];
    const batch = { scores: [[2], [1]], steps, lengths: [5, 5], weights: [2], groupSize: 2 };
    const options = {
      scaleRewards: 'group',
      multiObjectiveAggregation: 'sum_then_normalize',
      baseline: 'group',
    } as const;
    const [best] = advantageArithmetic(batch, options);
    expect(best).toMatchObject({ kind: 'steps', parts: [{ weight: 2, steps: 2, sum: 2, mean: 0.75, deviation: 0.5 }] });
    expect(resultOf(best!)).toBeCloseTo((2 * (2 - 1.5)) / 0.5001, 8);
  });
});
