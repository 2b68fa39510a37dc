/** Where the nodes of a training step run, as ONNX Runtime logs it. */
import { describe, expect, test } from 'vitest';
import { INTEGERS_ALONE, placementsOf, SESSIONS, STEPS } from './placements.ts';

describe.each(Object.entries(STEPS))('a training step with %s', (_, config) => {
  test('runs on the GPU alone', () => {
    const { sessions, onCpu } = placementsOf(config, 'float32');
    expect(sessions).toBeGreaterThanOrEqual(SESSIONS);
    expect(onCpu.filter((op) => !INTEGERS_ALONE.includes(op))).toEqual([]);
  });
});
