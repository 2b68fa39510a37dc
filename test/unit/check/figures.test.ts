import { describe, expect, it } from 'vitest';
import { withSolveRates } from '../../../src/check/measure-difficulty.ts';
import { duplicatesOf } from '../../../src/check/prompts.ts';
import { runPlan, runSeconds } from '../../../src/check/run-plan.ts';
import { atSize } from '../../../src/check/scale.ts';

describe('atSize', () => {
  it('is what was measured at that size', () => {
    expect(
      atSize(4, [
        { size: 1, value: 3 },
        { size: 4, value: 7 },
      ]),
    ).toBe(7);
  });

  it('follows the line through two sizes, whose start is what every step costs', () => {
    // 2 s for each step, and 1 s for each prompt.
    expect(
      atSize(16, [
        { size: 1, value: 3 },
        { size: 4, value: 6 },
      ]),
    ).toBe(18);
  });

  it('neither shrinks with more prompts, nor grows faster than they do', () => {
    expect(
      atSize(16, [
        { size: 1, value: 3 },
        { size: 4, value: 2 },
      ]),
    ).toBe(2);
    expect(
      atSize(16, [
        { size: 1, value: 0.1 },
        { size: 4, value: 4 },
      ]),
    ).toBe(16);
    expect(atSize(4, [{ size: 1, value: 3 }])).toBe(12);
  });
});

describe('runPlan', () => {
  const config = {
    ...{ maxSteps: 100, saveSteps: 40, saveTotalLimit: null, evalOnStart: true },
    ...{ evalDataset: 'held-out.jsonl', evalSteps: null, evalPrompts: null, numGenerationsEval: 2 },
  };

  it('evaluates before and after, on at most 64 prompts', () => {
    expect(runPlan(config, 1000)).toEqual({ steps: 100, evaluations: 2, evaluated: 128, checkpoints: 3, kept: 3 });
    expect(runPlan(config, 0)).toMatchObject({ evaluations: 0 });
  });

  it('evaluates every so many steps on all of them, and the last step once', () => {
    expect(runPlan({ ...config, evalSteps: 50 }, 1000)).toMatchObject({ evaluations: 3, evaluated: 2000 });
    expect(runPlan({ ...config, evalSteps: 30, evalOnStart: false }, 10)).toMatchObject({
      evaluations: 3,
      evaluated: 20,
    });
  });

  it('takes the time of its steps, and of evaluations by their completions', () => {
    const step = { rollout: 4, score: 1, reference: 0, update: 5, total: 10 };
    const plan = runPlan(config, 32);
    expect(runSeconds(plan, step, { start: 7, completions: 16, checkpointBytes: 2e8 })).toEqual({
      ...{ start: 7, steps: 1000, evaluations: 40, checkpoints: 3 },
      total: 1050,
    });
  });
});

describe('duplicatesOf', () => {
  const row = (prompt: string, line: number, file = 'd') => ({ prompt, at: { file, line } });

  it('counts each repetition, with the first pair', () => {
    const rows = [row('a', 1), row('b', 2), row('a', 3), row('a', 4)];
    expect(duplicatesOf(rows, [row('c', 1, 'e'), row('b', 2, 'e')])).toEqual({
      within: { count: 2, first: { one: { file: 'd', line: 1 }, other: { file: 'd', line: 3 } } },
      trainedOn: { count: 1, first: { one: { file: 'd', line: 2 }, other: { file: 'e', line: 2 } } },
    });
  });

  it('tells a text from a chat that says the same', () => {
    const chat = { prompt: [{ role: 'user', content: 'a' }], at: { file: 'd', line: 1 } };
    expect(duplicatesOf([row('a', 1), chat, chat], undefined)).toMatchObject({ within: { count: 1 }, trainedOn: null });
  });
});

describe('withSolveRates', () => {
  const rated = (rewards: (number | null)[][], solvedAt?: number) => {
    const prompts = rewards.map((own, index) => ({ key: String(index), prompt: 'p', rewards: own }));
    const result = withSolveRates(prompts, solvedAt);
    return [result.solvedAt, ...result.prompts.map(({ solve_rate }) => solve_rate)];
  };

  it('takes the highest reward as solved, up to rounding', () => {
    expect(
      rated([
        [0, 2],
        [0.1 + 0.2, 0.3],
      ]),
    ).toEqual([2, 0.5, 0]);
    expect(rated([[0.3, 0.1 + 0.2, 0, 0]])).toEqual([0.1 + 0.2, 0.5]);
  });

  it('takes another threshold; what has no reward is not solved', () => {
    expect(
      rated(
        [
          [1, null],
          [0, 2],
        ],
        1,
      ),
    ).toEqual([1, 0.5, 0.5]);
  });

  it('counts nothing as solved where nothing was earned, and all where all earned the same', () => {
    expect(
      rated([
        [0, 0],
        [0, 0],
      ]),
    ).toEqual([1, 0, 0]);
    expect(rated([[3, 3]])).toEqual([3, 1]);
  });

  it('refuses completions without any reward', () => {
    expect(() => rated([[null, null]])).toThrow(/No completion has a reward/);
  });
});
