import { expect, test } from 'vitest';
import { changeText } from '../../../src/protocol/difference-text.ts';
import { keptRows, selectionAt } from '../../../src/protocol/selection.ts';
import { sampledFrom, sampledUpTo, stageSpans, stageText } from '../../../src/protocol/stage-spans.ts';

const spans = stageSpans({
  stages: [
    { kind: 'sft', name: 'cold start', maxSteps: 10 },
    { kind: 'grpo', maxSteps: 20 },
    { kind: 'sft', name: 'polish', maxSteps: 5 },
    { kind: 'rejection', maxSteps: 4 },
    { kind: 'distill', maxSteps: 3 },
  ],
});

test.each([
  [1, 0, 11],
  [10, 0, 11],
  [11, 11, 11],
  [30, 30, 30],
  [33, 30, 36],
  [39, 39, 39],
  [41, 39, undefined],
])('around step %i, completions are sampled up to step %i and from step %s on', (step, before, after) => {
  expect(sampledUpTo(spans, step)).toBe(before);
  expect(sampledFrom(spans, step)).toBe(after);
});

test('without stages every step samples', () => {
  expect([sampledUpTo([], 7), sampledFrom([], 7)]).toEqual([7, 7]);
});

test('a stage is named with its kind and its steps', () => {
  expect(spans.map(stageText)).toEqual([
    '"cold start" (sft), steps 1 to 10',
    'grpo, steps 11 to 30',
    '"polish" (sft), steps 31 to 35',
    'rejection, steps 36 to 39',
    'distill, steps 40 to 42',
  ]);
});

test('of stages that were changed, what differs is told', () => {
  const stages = [
    { kind: 'sft', name: 'sft', maxSteps: 10, learningRate: 1e-4 },
    { kind: 'grpo', name: 'grpo', maxSteps: 20 },
  ];
  const to = [stages[0], { ...stages[1], maxSteps: 30, beta: 0.04 }];
  expect(changeText({ field: 'config.stages', from: stages, to })).toBe(
    'stages.1.maxSteps 20 → 30, stages.1.beta not set → 0.04',
  );
  expect(changeText({ field: 'config.stages', from: null, to: stages })).toBe(
    'stages null → [sft: maxSteps 10, learningRate 0.0001, grpo: maxSteps 20]',
  );
});

test('a step of a rejection stage keeps what the stage selects, others nothing', () => {
  const stages = [
    { kind: 'grpo', name: 'grpo', maxSteps: 5 },
    { kind: 'rejection', name: 'rejection', maxSteps: 5, threshold: null, best: 1, mix: null },
  ] as const;
  const config = { stages: stages.map((stage) => ({ ...stage })) };
  expect(selectionAt(config, 5)).toBeUndefined();
  const selection = selectionAt(config, 6)!;
  expect(selection).toEqual({ threshold: null, best: 1 });
  expect(selectionAt({}, 6)).toBeUndefined();
  const row = (completion: string, reward: number) => ({ completion, reward, length: 3, truncated: false });
  const group = [row('a', 1), row('b', 2), row('b', 2), row('c', 1.5)];
  expect([...keptRows(group, selection)]).toEqual([group[1]]);
});

test('a curriculum is no stage, though it has a kind', () => {
  expect(changeText({ field: 'config.curriculum', from: null, to: { kind: 'learnability' } })).toBe(
    'curriculum null → {"kind":"learnability"}',
  );
});
