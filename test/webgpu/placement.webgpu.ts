/** Where the nodes of a training step run, as ONNX Runtime logs it. */
import { describe, expect, test } from 'vitest';
import { placementsOf, SESSIONS, SHAPES, STEPS } from './placements.ts';
import { GEMMA, GEMMA2, GEMMA4, GPT2, LARGE_VOCABULARY, LFM2, PHI, QWEN35, randomModel } from './random-model.ts';

test.each([
  ['windows, norms after attention and MLP, and GELU', GEMMA],
  ['capped scores', GEMMA2],
  ['per-layer inputs, shared keys and values, and capped logits', GEMMA4],
  ['fused projections and heads that are rotated in part', PHI],
  ['short convolutions', LFM2],
  ['learned positions, norms with a mean and an MLP without a gate', GPT2],
  ['the words of a large vocabulary, in chunks,', LARGE_VOCABULARY],
])('%s run on the GPU alone', async (_, json) => {
  const { sessions, onCpu, copies } = placementsOf({ model: await randomModel(json) }, 'float32');
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

test('the delta rule of Qwen 3.5 goes from chunk to chunk on the CPU', async () => {
  const { sessions, onCpu } = placementsOf({ model: await randomModel(QWEN35) }, 'float32');
  expect(sessions).toBeGreaterThan(0);
  // The loop, what its body has, and the state that comes out of it.
  const ofLoop = ['Loop', 'Gather', 'Identity', 'Slice', 'Squeeze'];
  expect(onCpu).toContain('Loop');
  expect(onCpu.filter((op) => ![...SHAPES, ...ofLoop].includes(op))).toEqual([]);
});
