import { describe, expect, it } from 'vitest';
import { advantageArithmetic } from '../../../src/grpo/advantage-arithmetic.ts';
import type { AdvantageOptions } from '../../../src/grpo/advantages.ts';
import { assignCredit } from '../../../src/grpo/credit.ts';
import { arithmeticText } from '../../../src/protocol/arithmetic-text.ts';
import type { RunHead } from '../../../src/protocol/dashboard.ts';
import { settingsAt } from '../../../src/protocol/step-settings.ts';

const usual: AdvantageOptions = {
  ...{ scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' },
};

/** What is shown of each row: of the scores in groups of `groupSize`. */
function texts(
  scores: (number | null)[][],
  groupSize: number,
  options: Partial<AdvantageOptions> = {},
  weights = [1, 1],
) {
  const used = weights.slice(0, scores[0]!.length);
  const batch = {
    ...{ scores, weights: used, groupSize, lengths: scores.map(() => 1) },
    steps: scores.map((row) => row.map(() => [])),
  };
  const all = { ...usual, ...options };
  const { advantages } = assignCredit(batch, all);
  return advantageArithmetic(batch, all).map((arithmetic, row) =>
    arithmeticText({ arithmetic, functions: ['right', 'short'], recorded: advantages[row]!, decimals: 2 }),
  );
}

describe('arithmeticText', () => {
  it('is the quotient, with as many digits as it takes', () => {
    expect(texts([[7], [7], [2], [1]], 4)).toEqual([
      '(7 − 4.25) ÷ 3.2 = +0.86',
      '(7 − 4.25) ÷ 3.2 = +0.86',
      '(2 − 4.25) ÷ 3.2 = −0.70',
      '(1 − 4.25) ÷ 3.2 = −1.02',
    ]);
    expect(texts([[0.4], [2.8], [2.8]], 3)[0]).toBe('(0.4 − 2) ÷ 1.39 = −1.15');
  });

  it('has what is added to the deviation where that can be seen', () => {
    expect(texts([[1], [1.0002]], 2)[1]).toBe('(1.0002 − 1.0001) ÷ (0.00014142 + 0.0001) = +0.41');
  });

  it('comes to what is shown, whatever the rewards are', () => {
    let state = 5;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    for (let round = 0; round < 300; round++) {
      const scale = 10 ** Math.floor(random() * 6 - 2);
      const scores = Array.from({ length: 4 }, () => [(random() - 0.3) * scale + (round % 2) * 100]);
      for (const text of texts(scores, 4)) {
        const [figures, shown] = text.split(' = ') as [string, string];
        const [expression, result] = [figures, shown].map((part) => part.replaceAll('−', '-').replaceAll('÷', '/'));
        // Numbers, brackets and signs alone.
        expect(expression).toMatch(/^[\d.e()/+\- ]+$/);
        expect(Math.abs(new Function(`return ${expression}`)() - Number(result)), text).toBeLessThan(0.0051);
      }
    }
  });

  it('says what the settings of the run make of it', () => {
    expect(texts([[3], [1], [2], [2]], 2, { scaleRewards: 'none' })).toEqual([
      '3 − 2 = +1.00',
      '1 − 2 = −1.00',
      '2 − 2 = 0.00',
      '2 − 2 = 0.00',
    ]);
    expect(texts([[3], [1], [2], [2]], 2, { scaleRewards: 'batch' })[0]).toBe(
      '(3 − 2) ÷ 0.8165 (all of the step) = +1.22',
    );
    expect(texts([[3], [1], [2], [2]], 2, { scaleRewards: 'adaptive' })[0]).toBe(
      '(3 − 2) ÷ 1.05 (shrunk towards the deviation of the step) = +0.95',
    );
    expect(texts([[7], [7], [2], [1]], 4, { baseline: 'leave-one-out' })[0]).toBe(
      '7 − 3.33 (the mean of the others) = +3.67',
    );
    expect(texts([[3], [1]], 2, { baseline: 'history' })[0]).toBe('3 − 2 = +1.00');
    expect(texts([[3], [1]], 2, { baseline: 'none' })[0]).toBe('the reward, 3 = +3.00');
    expect(texts([[2], [2]], 2)[0]).toBe('2 − 2 = 0.00: all rewards of the group are equal');
    expect(texts([[2], [null]], 2)).toEqual(['the only reward of its group = 0.00', 'no reward = 0.00']);
    expect(texts([[-2], [1]], 2)[0]).toBe('((−2) − (−0.5)) ÷ 2.12 = −0.71');
  });

  it('compares each function, then their sum, for GDPO', () => {
    const options = { multiObjectiveAggregation: 'normalize_then_sum' } as const;
    const scores = [
      [1, 4],
      [0, 8],
      [1, 0],
      [0, 4],
    ];
    expect(texts(scores, 4, options, [1, 0.5])[0]).toBe(
      'right: (1 − 0.5) ÷ 0.577 + short: 0.5 × (4 − 4) ÷ 3.27; (0.867 − 0) ÷ 0.737 (all of the step) = +1.18',
    );
  });

  it('adds up steps for process supervision, and what other functions give', () => {
    const parts = [{ function: 0, weight: 2, steps: 3, sum: 2.5, mean: 0.6, deviation: 0.42 }];
    const outcome = { kind: 'compared', reward: { value: 1, mean: 0.5, deviation: null, over: 'group' } } as const;
    const arithmetic = { kind: 'steps', outcome, parts } as const;
    const recorded = (2 * (2.5 - 3 * 0.6)) / 0.4201 + 0.5;
    expect(arithmeticText({ arithmetic, functions: ['right'], recorded, decimals: 2 })).toBe(
      'right: 2 × (2.5 − 3 × 0.6) ÷ 0.42 + 1 − 0.5 = +3.83',
    );
  });

  it("mixes a prompt's history with its group", () => {
    const history = { rows: 4, mean: 0.25 };
    const arithmetic = { kind: 'history', reward: 1, mean: 0.5, rows: 4, history } as const;
    expect(arithmeticText({ arithmetic, functions: ['right'], recorded: 0.625, decimals: 2 })).toBe(
      '1 − (4 × 0.5 + 4 × 0.25 of earlier visits) ÷ 8 = +0.63',
    );
  });

  it('says where a run recorded something else', () => {
    const arithmetic = { kind: 'reward', reward: 1 } as const;
    expect(arithmeticText({ arithmetic, functions: [], recorded: 0.5, decimals: 2 })).toBe(
      'the reward, 1 = +1.00, but the run recorded +0.50: it had other rewards, weights or settings',
    );
  });
});

describe('settingsAt', () => {
  const config = { scaleRewards: 'none', baseline: 'group', rewards: [{ file: 'a.ts', weight: 1 }] };
  const changes = [
    { step: 9, field: 'config.scaleRewards', from: 'batch', to: 'none' },
    { step: 5, field: 'config.scaleRewards', from: 'group', to: 'batch' },
  ];
  const rewards = [{ name: 'right', file: 'a.ts', weight: 3 }];
  const head = { config, rewards, changes } as unknown as RunHead;

  it('are those of the step, however often they changed', () => {
    const scale = (step: number) => settingsAt(head, step, []).options.scaleRewards;
    expect([4, 5, 8, 9].map(scale)).toEqual(['group', 'batch', 'batch', 'none']);
    expect(settingsAt(head, 4, ['right']).functions).toEqual([{ name: 'right', weight: 3 }]);
  });

  it("have the weights that a step's config gave", () => {
    const from = [{ file: 'a.ts', function: 'right', weight: 0.5 }];
    const changed = { ...head, changes: [{ step: 3, at: '', field: 'config.rewards', from, to: config.rewards }] };
    expect(settingsAt(changed as RunHead, 2, ['right']).functions).toEqual([{ name: 'right', weight: 0.5 }]);
    expect(settingsAt(changed as RunHead, 3, ['right']).functions).toEqual([{ name: 'right', weight: 3 }]);
  });
});
