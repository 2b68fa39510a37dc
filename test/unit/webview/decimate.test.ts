import { describe, expect, it } from 'vitest';
import { type CurveSource, decimate } from '../../../webview/charts/decimate.ts';

function source(values: number[], keep: CurveSource['keep'] = 'extremes', first = 1): CurveSource {
  const x = Float64Array.from(values, (_, i) => first + i);
  return { x, values: Float64Array.from(values), length: values.length, keep };
}

describe('decimate', () => {
  it('gives few steps as they are, missing values as null', () => {
    const [x, y] = decimate([source([5, Number.NaN, 7])], 1, 3, 100);
    expect(x).toEqual([1, 2, 3]);
    expect(y).toEqual([5, null, 7]);
  });

  it('gives one step beyond the range, so that lines run out of the picture', () => {
    const [x] = decimate([source([0, 1, 2, 3, 4, 5, 6])], 3, 5, 100);
    expect(x).toEqual([2, 3, 4, 5, 6]);
  });

  it('puts runs with other steps on one x axis', () => {
    const [x, a, b] = decimate([source([1, 2, 3]), source([8, 9], 'extremes', 3)], 1, 4, 100);
    expect(x).toEqual([1, 2, 3, 4]);
    // Where only the other has a point, the line goes on: that is no missing value.
    expect(a).toStrictEqual([1, 2, 3, undefined]);
    expect(b).toStrictEqual([undefined, undefined, 8, 9]);
  });

  it('loses no spike among many steps, and keeps to two points a pixel', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => Math.sin(i));
    values[12_345] = 50;
    values[99_999] = -50;
    const [x, y] = decimate([source(values)], 1, 100_000, 500);
    expect(x).toHaveLength(1000);
    expect(y).toHaveLength(1000);
    expect(Math.max(...y!.map(Number))).toBe(50);
    expect(y!.at(-1)).toBe(-50);
    expect(x[y!.indexOf(50)]).toBeCloseTo(12_346, -3);
  });

  it('keeps the order of a lowest and a highest value within a pixel', () => {
    const rising = Array.from({ length: 4000 }, (_, i) => i);
    const [, y] = decimate([source(rising)], 1, 4000, 10);
    expect(y).toEqual([...y!].sort((a, b) => a! - b!));
    const [, falling] = decimate([source(rising.toReversed())], 1, 4000, 10);
    expect(falling).toEqual([...falling!].sort((a, b) => b! - a!));
  });

  it('averages layers of a stack, so that they still add up', () => {
    const lower = Array.from({ length: 4000 }, (_, i) => (i % 2) / 2);
    const upper = lower.map((value) => value + 0.25);
    const [, a, b] = decimate([source(lower, 'mean'), source(upper, 'mean')], 1, 4000, 10);
    a!.forEach((value, i) => {
      expect(b![i]! - value!).toBeCloseTo(0.25, 10);
    });
  });

  it('shows a gap where all of a pixel is missing', () => {
    const values = Array.from({ length: 4000 }, (_, i) => (i < 2000 ? 1 : Number.NaN));
    const [, y] = decimate([source(values)], 1, 4000, 10);
    expect(y!.slice(0, 10)).toEqual(new Array(10).fill(1));
    expect(y!.slice(10)).toEqual(new Array(10).fill(null));
  });

  it('counts only the steps within the range', () => {
    const values = Array.from({ length: 4000 }, (_, i) => (i < 1000 || i > 3000 ? 1000 : 1));
    const [, y] = decimate([source(values)], 1501, 2501, 10);
    expect(new Set(y)).toEqual(new Set([1]));
  });
});
