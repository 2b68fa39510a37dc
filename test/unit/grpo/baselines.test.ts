import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type AdvantageOptions, computeAdvantages } from '../../../src/grpo/advantages.ts';
import { type PromptHistory, remembered, shrunkDeviation } from '../../../src/grpo/baselines.ts';
import { assignCredit } from '../../../src/grpo/credit.ts';
import { maxDifference } from './fixture.ts';

/** What test/references/advantages.py writes: numbers of TRL and torch. */
interface Fixture {
  compared: {
    name: string;
    scores: (number | null)[][];
    weights: number[];
    options: Pick<AdvantageOptions, 'baseline' | 'scaleRewards'>;
    advantages: number[];
  }[];
  history: { rewards: (number | null)[]; advantages: number[]; rows: number; mean: number }[][];
  process: {
    processRewardWeight: number | null;
    lengths: number[];
    steps: { end: number; score: number }[][];
    scores: number[][];
    weights: number[];
    advantages: number[][];
  }[];
}
const file = new URL('../../references/fixtures/advantages.json', import.meta.url);
const fixture: Fixture = JSON.parse(readFileSync(file, 'utf8'));

const usual: AdvantageOptions = {
  ...{ scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' },
};
const of = (rewards: (number | null)[], options: Partial<AdvantageOptions>, histories?: PromptHistory[]) =>
  computeAdvantages(
    rewards.map((reward) => [reward]),
    [1],
    4,
    { ...usual, ...options },
    histories,
  );

test.each(fixture.compared)('$name, $options', ({ scores, weights, options, advantages }) => {
  const found = computeAdvantages(scores, weights, 4, { ...usual, ...options });
  expect(maxDifference(found.advantages, advantages)).toBeLessThan(1e-9);
});

test.each(fixture.history)("a prompt's history, from visit to visit", (...visits) => {
  let history: PromptHistory | undefined;
  for (const { rewards, advantages, rows, mean } of visits) {
    const found = of(rewards, { baseline: 'history' }, history && [history]);
    expect(maxDifference(found.advantages, advantages)).toBeLessThan(1e-9);
    history = remembered(rewards, history);
    expect(maxDifference([history!.rows, history!.mean], [rows, mean])).toBeLessThan(1e-9);
  }
});

test.each(fixture.process)('steps beside outcomes, weight $processRewardWeight', (reference) => {
  const { processRewardWeight, lengths, steps, scores, weights, advantages } = reference;
  const completions = { scores, weights, lengths, steps: steps.map((own) => [own, []]), groupSize: 4 };
  const { byPosition } = assignCredit(completions, { ...usual, processRewardWeight });
  advantages.forEach((tokens, row) => {
    expect(maxDifference(byPosition![row]!, tokens)).toBeLessThan(1e-6);
  });
});

describe('golden vectors', () => {
  test('leave-one-out', () => {
    const { advantages } = of([1, 0, 0, 1], { baseline: 'leave-one-out' });
    expect(maxDifference(advantages, [2 / 3, -2 / 3, -2 / 3, 2 / 3])).toBeLessThan(1e-12);
  });

  test('adaptive: between the group and the batch', () => {
    const rewards = [1, 0, 0, 1, 2, 2, 2, 5];
    const { advantages } = of(rewards, { scaleRewards: 'adaptive' });
    const expected = [0.416133, -0.416133, -0.416133, 0.416133, -0.483912, -0.483912, -0.483912, 1.451735];
    expect(maxDifference(advantages, expected)).toBeLessThan(1e-6);
    expect(shrunkDeviation([1, 0, 0, 1], 1.59799)).toBeCloseTo(1.201438, 5);
  });

  test('history: four rows of mean 0.25', () => {
    const { advantages } = of([1, 0, 0, 1], { baseline: 'history' }, [{ rows: 4, mean: 0.25 }]);
    expect(advantages).toEqual([0.625, -0.375, -0.375, 0.625]);
  });
});

describe('what is a signal', () => {
  test('equal rewards, unless the prompt did otherwise before', () => {
    const informative = (options: Partial<AdvantageOptions>, history?: PromptHistory) =>
      of([0.1, 0.1, 0.1, 0.1], options, history && [history]).groups[0]!.informative;
    expect(informative({ baseline: 'leave-one-out' })).toBe(false);
    expect(informative({ scaleRewards: 'adaptive' })).toBe(false);
    expect(informative({ baseline: 'history' })).toBe(false);
    expect(informative({ baseline: 'history' }, { rows: 3, mean: 0.1 })).toBe(false);
    expect(informative({ baseline: 'history' }, { rows: 3, mean: 0.7 })).toBe(true);
  });

  test('equal rewards have advantages of exactly 0', () => {
    for (const options of [
      { baseline: 'leave-one-out' },
      { scaleRewards: 'adaptive' },
      { baseline: 'history' },
    ] as const)
      expect(of([0.1, 0.1, 0.1, 0.1, 0.7, 0, 0, 1], options).advantages.slice(0, 4)).toEqual([0, 0, 0, 0]);
  });
});
