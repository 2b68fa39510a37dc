import { describe, expect, it } from 'vitest';
import { competence, curriculumOrder } from '../../../src/data/curriculum.ts';

/** Solve rates 0, 0.01 ... 0.99, in no order. */
const RATES = Array.from({ length: 100 }, (_, row) => ((row * 37) % 100) / 100);
const ALL = Array.from({ length: 100 }, (_, row) => row);
const options = { seed: 1, steps: 100, solveRates: RATES };
const inOrder = (rows: readonly number[]) => rows.toSorted((a, b) => a - b);

describe('easy first', () => {
  const order = curriculumOrder({ kind: 'easy-first', pace: 0.5 }, options);

  it('takes from more and more of the prompts, as equation 7 says', () => {
    // √(t (1 − c₀²) / T + c₀²) with c₀ = 0.01 and T = 50.
    expect(competence(1, 0.5, 100)).toBeCloseTo(0.01, 12);
    expect(competence(26, 0.5, 100)).toBeCloseTo(Math.sqrt(0.5 * (1 - 1e-4) + 1e-4), 12);
    expect(competence(51, 0.5, 100)).toBe(1);
    expect(competence(90, 0.5, 100)).toBe(1);
    const hardest = (step: number) => {
      const open = Math.ceil(competence(step, 0.5, 100) * 100);
      return Math.min(
        ...order(step)
          .slice(0, open)
          .map((row) => RATES[row]!),
      );
    };
    expect(hardest(1)).toBe(0.99);
    expect(hardest(14)).toBeCloseTo(0.49, 12);
    expect(hardest(51)).toBe(0);
  });

  it('has all prompts in each step, the harder ones last and in their order', () => {
    for (const step of [1, 2, 40, 60]) expect(inOrder(order(step))).toEqual(ALL);
    expect(order(1).map((row) => RATES[row])).toEqual(RATES.toSorted((a, b) => b - a));
    expect(order(60)).not.toEqual(order(61));
  });

  it('takes equally easy prompts alike', () => {
    const equal = curriculumOrder({ kind: 'easy-first', pace: 1 }, { ...options, solveRates: ALL.map(() => 0.5) });
    expect(new Set(ALL.map((step) => equal(step + 1)[0])).size).toBeGreaterThan(40);
  });
});

describe('learnability', () => {
  const solveRates = [0, 1, 0.5, 0.1, 0.9];
  const order = curriculumOrder({ kind: 'learnability' }, { ...options, solveRates });

  it('draws each first as often as p (1 − p) says', () => {
    const steps = 4000;
    const firsts = Array.from({ length: steps }, (_, step) => order(step + 1)[0]!);
    const share = (row: number) => firsts.filter((first) => first === row).length / steps;
    const sum = 0.25 + 0.09 + 0.09;
    for (const row of [2, 3, 4]) {
      const expected = (solveRates[row]! * (1 - solveRates[row]!)) / sum;
      // Three standard deviations.
      expect(Math.abs(share(row) - expected)).toBeLessThan(3 * Math.sqrt((expected * (1 - expected)) / steps));
    }
  });

  it('has prompts that are never or always solved last, in any order', () => {
    const lasts = Array.from({ length: 50 }, (_, step) => order(step + 1).slice(3));
    expect(lasts.every((rows) => inOrder(rows).join() === '0,1')).toBe(true);
    expect(new Set(lasts.map(([first]) => first))).toEqual(new Set([0, 1]));
  });
});
