/** Where the nodes of a training step run, as ONNX Runtime logs it. */
import { describe, expect, test } from 'vitest';
import { placementsOf, SESSIONS, SHAPES, STEPS } from './placements.ts';
import { GEMMA, LARGE_VOCABULARY, LFM2, PHI, randomModel } from './random-model.ts';

test.each([
  ['windows, norms after attention and MLP, and GELU', GEMMA],
  ['fused projections and heads that are rotated in part', PHI],
  ['short convolutions', LFM2],
])('%s run on the GPU alone', async (_, json) => {
  const { sessions, onCpu, copies } = placementsOf({ model: await randomModel(json) }, 'float32');
  expect(sessions).toBeGreaterThan(0);
  expect(onCpu.filter((op) => !SHAPES.includes(op))).toEqual([]);
  expect(copies).toEqual([]);
});

test('a vocabulary in chunks runs on the GPU alone', async () => {
  const { sessions, onCpu, copies } = placementsOf({ model: await randomModel(LARGE_VOCABULARY) }, 'float32');
  expect(sessions).toBeGreaterThan(0);
  expect(onCpu.filter((op) => !SHAPES.includes(op))).toEqual([]);
  expect(copies).toEqual([]);
});

describe.each(Object.entries(STEPS))('a training step with %s', (_, config) => {
  test('runs on the GPU alone', () => {
    const { sessions, onCpu, copies } = placementsOf(config, 'float32');
    expect(sessions).toBeGreaterThanOrEqual(SESSIONS);
    expect(onCpu.filter((op) => !SHAPES.includes(op))).toEqual([]);
    expect(copies).toEqual([]);
  });
});
