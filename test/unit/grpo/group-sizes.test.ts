/** Groups of different sizes are paid for as each would be alone, or in a step of its own size. */
import { describe, expect, it } from 'vitest';
import { advantageArithmetic, resultOf } from '../../../src/grpo/advantage-arithmetic.ts';
import { type AdvantageOptions, computeAdvantages, inGroups } from '../../../src/grpo/advantages.ts';
import { assignCredit, type ScoredCompletions } from '../../../src/grpo/credit.ts';
import { groupSignals } from '../../../src/grpo/signal.ts';
import { standardDeviation } from '../../../src/grpo/statistics.ts';

const usual: AdvantageOptions = {
  ...{ scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' },
};
const rewards = [1, 2, 4, 0, 0, 0, 0, 1, 0, 0, 3];
const sizes = [2, 7, 2];
const scores = rewards.map((reward) => [reward]);
const own = inGroups(rewards, sizes);

describe('groups of different sizes', () => {
  it('are cut as they are, and refused where they are not whole', () => {
    expect(own).toEqual([
      [1, 2],
      [4, 0, 0, 0, 0, 1, 0],
      [0, 3],
    ]);
    expect(() => inGroups(rewards, [2, 7])).toThrow('11 rows are not groups of 2,7');
    expect(() => inGroups(rewards, 2)).toThrow('11 rows are not groups of 2');
  });

  it.each<Partial<AdvantageOptions>>([
    {},
    { scaleRewards: 'none' },
    { baseline: 'leave-one-out', scaleRewards: 'none' },
    { baseline: 'history', scaleRewards: 'none' },
  ])('have the advantages that each has alone: %o', (more) => {
    const options = { ...usual, ...more };
    const histories = [{ rows: 3, mean: 2 }, undefined, { rows: 1, mean: 0 }];
    const { advantages } = computeAdvantages(scores, [1], sizes, options, histories);
    const alone = own.flatMap(
      (group, index) =>
        computeAdvantages(
          group.map((reward) => [reward]),
          [1],
          group.length,
          options,
          [histories[index]],
        ).advantages,
    );
    expect(advantages).toEqual(alone);
  });

  it('are divided by the deviation of all rows together', () => {
    const { advantages } = computeAdvantages(scores, [1], sizes, { ...usual, scaleRewards: 'batch' });
    expect(advantages[10]).toBeCloseTo((3 - 1.5) / (standardDeviation(rewards)! + 1e-4), 12);
    expect(advantages[2]).toBeCloseTo((4 - 5 / 7) / (standardDeviation(rewards)! + 1e-4), 12);
  });

  it('have steps that are compared within the group, and their arithmetic', () => {
    const completions: ScoredCompletions = {
      ...{ scores, weights: [1], groupSize: sizes, lengths: rewards.map(() => 4) },
      steps: rewards.map((reward, row) => [
        [
          { end: 2, score: reward },
          { end: 4, score: row },
        ],
      ]),
    };
    const { advantages, byPosition } = assignCredit(completions, usual);
    const alone = assignCredit(
      {
        ...{ weights: [1], groupSize: 7, scores: scores.slice(2, 9) },
        ...{ lengths: Array<number>(7).fill(4), steps: completions.steps.slice(2, 9) },
      },
      usual,
    );
    expect(byPosition!.slice(2, 9)).toEqual(alone.byPosition);
    for (const [row, arithmetic] of advantageArithmetic(completions, usual).entries())
      expect(resultOf(arithmetic)).toBeCloseTo(advantages[row]!, 5);
  });

  it('have a signal each', () => {
    const equal = [1, 1, 0, 0, 0, 0, 2];
    const of = computeAdvantages(
      equal.map((reward) => [reward]),
      [1],
      [2, 4, 1],
      usual,
    );
    const flags = equal.map((_, row) => ({ failed: false, truncated: row < 2 }));
    expect(groupSignals(of, flags)).toEqual(['truncated', 'too-hard', 'abstained']);
    expect(of.groups.map(({ size }) => size)).toEqual([2, 4, 1]);
  });
});
