import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  learningRate,
  SCHEDULER_TYPES,
  type Schedule,
  type SchedulerOptions,
  type SchedulerType,
} from '../../../src/grpo/schedule.ts';
import { maxDifference } from './fixture.ts';

interface Reference extends Pick<Schedule, 'warmupSteps' | 'totalSteps'> {
  type: SchedulerType;
  base: number;
  options: SchedulerOptions;
  rates: number[];
}

const file = new URL('../../references/fixtures/schedules.json', import.meta.url);
const references: Reference[] = JSON.parse(readFileSync(file, 'utf8')).schedules;

test.each(references)("transformers' $type, warm-up $warmupSteps of $totalSteps, $options", (reference) => {
  const { type, base, options, rates, ...steps } = reference;
  const schedule = { learningRate: base, lrSchedulerType: type, lrSchedulerKwargs: options, ...steps };
  const ours = rates.map((_, step) => learningRate(step, schedule));
  expect(maxDifference(ours, rates)).toBeLessThan(1e-9 * base + 1e-11);
});

test('every schedule is compared', () => {
  expect(new Set(references.map(({ type }) => type))).toEqual(new Set(SCHEDULER_TYPES));
});
