/** Where the nodes of a training step in float16 run, as ONNX Runtime logs it. */
import { describe, expect, test } from 'vitest';
import { placementsOf, SESSIONS, STEPS } from './placements.ts';

describe.each(Object.entries(STEPS))('a training step in float16 with %s', (_, config) => {
  test('runs on the GPU as one in float32 does', () => {
    const [half, full] = [placementsOf(config, 'float16'), placementsOf(config, 'float32')];
    // A copy more: the one that makes float16.
    expect(half.sessions).toBeGreaterThan(SESSIONS);
    // Casts count: between the types there are many.
    expect(half.onCpu.toSorted()).toEqual(full.onCpu.toSorted());
    expect(half.copies).toEqual([]);
  });
});
