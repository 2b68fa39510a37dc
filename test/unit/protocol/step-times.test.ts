import { expect, test } from 'vitest';
import {
  evaluatesAfter,
  type Schedule,
  savesAfter,
  scheduleOf,
  stepsAlone,
  stillToCome,
} from '../../../src/protocol/schedule.ts';
import { StepTimes } from '../../../src/protocol/step-times.ts';

const PLAN: Schedule = { maxSteps: 100, saveSteps: 40, evalSteps: null, evalOnStart: true, heldOut: true };

test('held-out prompts are evaluated before the first step and after the last, and every evalSteps', () => {
  const steps = (plan: Schedule) =>
    Array.from({ length: 101 }, (_, i) => i).filter((step) => evaluatesAfter(step, plan));
  expect(steps(PLAN)).toEqual([0, 100]);
  expect(steps({ ...PLAN, evalSteps: 30 })).toEqual([0, 30, 60, 90, 100]);
  expect(steps({ ...PLAN, evalSteps: 30, evalOnStart: false })).toEqual([30, 60, 90]);
  expect(steps({ ...PLAN, evalSteps: 30, heldOut: false })).toEqual([]);
});

test('a config has held-out prompts by evalDataset or evalSplit; one of an earlier release evaluates by evalSteps alone', () => {
  const config = {
    maxSteps: 100,
    saveSteps: 40,
    evalSteps: null,
    evalOnStart: true,
    evalDataset: null,
    evalSplit: 0.1,
  };
  expect(scheduleOf(config)).toEqual(PLAN);
  expect(scheduleOf({ ...config, evalSplit: null }).heldOut).toBe(false);
  const { evalOnStart: _, evalSplit: __, ...old } = config;
  expect(scheduleOf({ ...old, evalDataset: '/d.jsonl' } as never)).toEqual({ ...PLAN, evalOnStart: false });
});

test.each([
  PLAN,
  { ...PLAN, evalSteps: 7 },
  { ...PLAN, evalSteps: 20, saveSteps: 500 },
  { ...PLAN, evalSteps: 20, evalOnStart: false },
  { ...PLAN, heldOut: false },
  stepsAlone(100),
])('what is still to come is what will be done: %o', (plan) => {
  for (let step = 0; step <= plan.maxSteps; step++) {
    const later = Array.from({ length: plan.maxSteps - step }, (_, i) => step + 1 + i);
    expect(stillToCome(step, plan)).toEqual({
      evaluations: later.filter((one) => evaluatesAfter(one, plan)).length,
      checkpoints: later.filter((one) => savesAfter(one, plan)).length,
    });
  }
});

test('the time left is that of recent steps, and of the evaluations and checkpoints between them', () => {
  const times = new StepTimes();
  expect(times.left(0, PLAN)).toBeUndefined();
  times.add({ step: 0, 'time/evaluate': 6 });
  times.add({ step: 1, step_time: 50 });
  expect(times.left(1, PLAN), 'the first step, as long as there is no other').toBe(99 * 50 + 6);
  for (let step = 2; step <= 40; step++) times.add({ step, step_time: step < 31 ? 9 : 2 });
  times.add({ step: 41, step_time: 2, 'time/save': 5 });
  expect(times.left(41, PLAN)).toBe(59 * 2 + 6 + 2 * 5);
  expect(times.left(100, PLAN)).toBe(0);
  expect(times.slowest).toBe(2);
});
