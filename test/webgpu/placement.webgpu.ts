/** Where the nodes of a training step run, as ONNX Runtime logs it. */
import { describe, expect, test } from 'vitest';
import { placementsOf, SESSIONS, SHAPES, STEPS } from './placements.ts';

describe.each(Object.entries(STEPS))('a training step with %s', (_, config) => {
  test('runs on the GPU alone', () => {
    const { sessions, onCpu, copies } = placementsOf(config, 'float32');
    expect(sessions).toBeGreaterThanOrEqual(SESSIONS);
    expect(onCpu.filter((op) => !SHAPES.includes(op))).toEqual([]);
    expect(copies).toEqual([]);
  });
});
