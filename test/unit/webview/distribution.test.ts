import { describe, expect, it } from 'vitest';
import { histogram } from '../../../src/run-folder/step-rewards.ts';
import { binsOf, countsIn, edgesOf, quantile } from '../../../webview/distribution/bins.ts';
import { sampledSteps, strideOf } from '../../../webview/distribution/sampled-steps.ts';

describe('the steps that are looked at', () => {
  it('are all of a short run, the newest first', () => {
    expect(sampledSteps(1, 5).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(sampledSteps(1, 200)).size).toBe(sampledSteps(1, 200).length);
  });

  it('are few of a long run, a rough picture of all of it first', () => {
    const steps = sampledSteps(1, 100_000);
    expect(steps.length).toBeLessThanOrEqual(257);
    const rough = steps.slice(0, 12);
    expect(rough).toEqual(rough.toSorted((a, b) => b - a));
    expect(Math.min(...rough)).toBeLessThan(10_000);
    expect(Math.max(...rough)).toBeGreaterThan(90_000);
  });

  it('are mostly the same ones when the run is longer or the range is another', () => {
    const known = new Set(sampledSteps(1, 100_000));
    for (const step of sampledSteps(1, 140_000)) expect(known.has(step) || step > 100_000).toBe(true);
    const zoomed = sampledSteps(40_000, 60_000);
    expect(zoomed.filter((step) => known.has(step)).length).toBeGreaterThan(30);
    for (const step of zoomed) expect(step).toBeGreaterThanOrEqual(40_000);
  });

  it('of nothing are none', () => {
    expect(sampledSteps(1, 0)).toEqual([]);
    expect(strideOf(1, 0)).toBe(1);
  });
});

describe('bins', () => {
  const of = (...values: number[]) => histogram(values);

  it('of few values at equal distances are those values', () => {
    const bins = binsOf([of(0, 1, 1), of(7, 3)])!;
    expect(bins).toEqual({ first: 0, width: 1, count: 8, exact: true });
    expect([...countsIn(bins, of(0, 1, 1, 7))]).toEqual([1, 2, 0, 0, 0, 0, 0, 1]);
    expect(binsOf([of(-0.5, 0, 1)])).toMatchObject({ first: -1, width: 0.5, count: 4, exact: true });
  });

  it('of others have a round width and hold every value', () => {
    const values = Array.from({ length: 500 }, (_, i) => Math.sin(i) * 3.7);
    const bins = binsOf([of(...values)])!;
    expect(bins).toMatchObject({ width: 0.5, exact: false });
    expect(bins.count).toBeLessThanOrEqual(25);
    expect(edgesOf(bins, 0)[0]).toBeLessThanOrEqual(Math.min(...values));
    expect(edgesOf(bins, bins.count - 1)[1]).toBeGreaterThanOrEqual(Math.max(...values));
    expect(countsIn(bins, of(...values)).reduce((a, b) => a + b)).toBe(500);
  });

  it('of one value is one, of none there is none', () => {
    expect(binsOf([of(0.3, 0.3)])).toMatchObject({ count: 1 });
    expect(binsOf([of(0)])).toMatchObject({ count: 1 });
    expect(binsOf([of()])).toBeUndefined();
  });
});

it('quantiles are values that occur', () => {
  const values = histogram([5, 1, 1, 2]);
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 1, 1, 2, 5]);
  expect(quantile(histogram([]), 0.5)).toBeNaN();
});
