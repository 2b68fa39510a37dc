import { describe, expect, test } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { RunChange } from '../../../src/protocol/run-folder.ts';
import { addChanges, configChanges, rewindChanges } from '../../../src/run-folder/run-changes.ts';

const change = (step: number, from: unknown, to: unknown, field = 'config.seed'): RunChange => ({
  ...{ step, at: '2026-01-01T00:00:00.000Z', field, from, to },
});
const values = (changes: RunChange[]) => changes.map(({ step, from, to }) => [step, from, to]);

describe("a run's history", () => {
  test('has one change of a field at a step, and none that was taken back', () => {
    const history = [change(4, 1, 2)];
    expect(values(addChanges(history, [change(4, 2, 3)]))).toEqual([[4, 1, 3]]);
    expect(values(addChanges(history, [change(4, 2, 1)]))).toEqual([]);
    expect(values(addChanges(history, [change(6, 2, 1)]))).toEqual([
      [4, 1, 2],
      [6, 2, 1],
    ]);
  });

  test('of a run that was taken back: what came later holds from its next step on', () => {
    const history = [change(2, 1, 2), change(8, 2, 3), change(9, 3, 4), change(9, 'a', 'b', 'device')];
    expect(values(rewindChanges(history, 5))).toEqual([
      [2, 1, 2],
      [6, 2, 4],
      [6, 'a', 'b'],
    ]);
    expect(rewindChanges(history, 9)).toEqual(history);
  });
});

test('configs differ field by field, and in LoRA one by one', () => {
  const config = (more: object) => runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.ts'], ...more });
  const fields = (a: object, b: object) => configChanges(config(a), config(b)).map(({ field }) => field);
  expect(fields({}, {})).toEqual([]);
  expect(fields({ beta: 0.1 }, { rewards: ['r.ts#f'] })).toEqual(['rewards', 'beta']);
  expect(fields({ lora: { r: 4 } }, { lora: { r: 8 } })).toEqual(['lora.r']);
  expect(fields({ lora: { r: 4 } }, {})).toEqual(['lora']);
});
