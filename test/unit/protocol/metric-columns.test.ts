import { describe, expect, it } from 'vitest';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';

describe('MetricColumns', () => {
  it('fills metrics that come later, or not at every step, with NaN', () => {
    const columns = new MetricColumns();
    columns.push({ step: 1, reward: 1 });
    columns.push({ step: 2, reward: 2, eval_reward: 3 });
    columns.push({ step: 3, reward: null });
    expect(columns.slice()).toEqual({
      steps: Float64Array.of(1, 2, 3),
      values: { reward: Float64Array.of(1, 2, Number.NaN), eval_reward: Float64Array.of(Number.NaN, 3, Number.NaN) },
    });
  });

  it('is the same on both sides, sent at once or piece by piece', () => {
    const sent = new MetricColumns();
    const received = new MetricColumns();
    let known = 0;
    for (let step = 1; step <= 1000; step++) {
      sent.push({ step, a: step / 2, ...(step % 7 === 0 && { b: step }) });
      if (step % 90 !== 0 && step !== 1000) continue;
      received.append(sent.slice(known));
      known = sent.length;
    }
    expect(received.slice()).toEqual(sent.slice());
  });

  it('forgets rows, also in columns that are not written again', () => {
    const columns = new MetricColumns();
    for (const step of [1, 2, 3]) columns.push({ step, a: step, b: step });
    columns.truncate(1);
    columns.push({ step: 2, a: 20 });
    expect(columns.slice().values).toEqual({ a: Float64Array.of(1, 20), b: Float64Array.of(1, Number.NaN) });
  });

  it('finds steps, whatever the gaps between them', () => {
    const columns = new MetricColumns();
    expect(columns.nearest(5)).toBe(-1);
    for (const step of [10, 20, 30]) columns.push({ step });
    expect([1, 14, 16, 30, 99].map((step) => columns.nearest(step))).toEqual([0, 0, 1, 2, 2]);
    expect([1, 10, 11, 31].map((step) => columns.indexOf(step))).toEqual([0, 0, 1, 3]);
  });
});
