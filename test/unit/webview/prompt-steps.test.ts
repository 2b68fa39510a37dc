import { describe, expect, it } from 'vitest';
import type { Completion } from '../../../src/protocol/dashboard-completion.ts';
import { decimalsFor, formatAdvantage, formatFixed } from '../../../src/text/numbers.ts';
import { defaultThreshold, differentTexts, promptSteps } from '../../../webview/rollouts/prompt-steps.ts';

const rows = (...rewards: (number | null)[]) =>
  rewards.map((reward) => ({ reward, advantage: 0, completion: `${reward}`, rewards: {} }) as unknown as Completion);

describe('promptSteps', () => {
  const groups = [
    { step: 9, group: 1, rows: rows(3, 1, null, 3) },
    { step: 2, group: 0, rows: rows(0, 1, 0, 3) },
  ];

  it('are in the order of steps, with what was solved and the best completion first', () => {
    const steps = promptSteps(groups, 3);
    expect(steps.map(({ step, solved }) => [step, solved])).toEqual([
      [2, 0.25],
      [9, 0.5],
    ]);
    expect(steps[1]!.mean).toBeCloseTo(7 / 3);
    expect(steps[0]!.completions[0]!.reward).toBe(3);
    expect(differentTexts(steps[0]!.completions)).toBe(3);
    expect(promptSteps(groups, null)[0]!.solved).toBe(0);
  });

  it('are solved by the highest reward, unless that is nothing', () => {
    expect(defaultThreshold(rows(0, 2, null))).toBe(2);
    expect(defaultThreshold(rows(2, 2))).toBe(2);
    expect(defaultThreshold(rows(0, 0))).toBeNull();
    expect(defaultThreshold(rows(null))).toBeNull();
  });
});

describe('numbers beside each other', () => {
  it('have the same digits after the point', () => {
    expect(decimalsFor([1, 2, null])).toBe(0);
    expect(decimalsFor([1, 2.5])).toBe(2);
    expect(decimalsFor([0.001, 0.0123])).toBe(4);
    expect([1, 2.5, null].map((value) => formatFixed(value, 2))).toEqual(['1.00', '2.50', '–']);
    expect(formatFixed(12_345_678, 2)).toBe('1.23e7');
  });

  it('have a sign where they are advantages, but zero has none', () => {
    expect([0.873, -1.2, 0, -0.001].map((value) => formatAdvantage(value, 2))).toEqual([
      '+0.87',
      '−1.20',
      '0.00',
      '0.00',
    ]);
  });
});
