import { describe, expect, it } from 'vitest';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import { Curves } from '../../../webview/charts/curves.ts';

function columns(rows: Record<string, number | null>[]): MetricColumns {
  const all = new MetricColumns();
  rows.forEach((row, i) => {
    all.push({ step: i + 1, ...row });
  });
  return all;
}

const drawn = (curves: Curves, key: string, smoothing: number) => [
  ...curves.curve([{ key, weight: 1 }], smoothing).subarray(0, curves.columns.length),
];

describe('Curves', () => {
  it('adds up weighted columns, and leaves out those that a run does not have', () => {
    const curves = new Curves(columns([{ a: 1, b: 10 }]));
    const terms = [
      { key: 'a', weight: 2 },
      { key: 'b', weight: -1 },
      { key: 'not logged', weight: 5 },
    ];
    expect(curves.curve(terms, 0)[0]).toBe(-8);
    expect(curves.at(terms, 0)).toBe(-8);
    expect(curves.at([{ key: 'not logged', weight: 1 }], 0)).toBeNaN();
  });

  it('smooths without drawing the first steps to 0', () => {
    const curves = new Curves(columns([{ a: 4 }, { a: 4 }, { a: 4 }, { a: 8 }]));
    const smooth = drawn(curves, 'a', 0.5);
    expect(smooth.slice(0, 3)).toEqual([4, 4, 4]);
    // Weights 1/2, 1/4, 1/8, 1/16 of the newest to the oldest, over their sum 15/16.
    expect(smooth[3]).toBeCloseTo((8 / 2 + 4 / 4 + 4 / 8 + 4 / 16) / (15 / 16), 12);
  });

  it('passes over missing values when smoothing', () => {
    const curves = new Curves(columns([{ a: 1 }, { a: null }, { a: 3 }]));
    const [first, missing, last] = drawn(curves, 'a', 0.5);
    expect(first).toBe(1);
    expect(missing).toBeNaN();
    expect(last).toBeCloseTo((3 / 2 + 1 / 4) / (3 / 4), 12);
  });

  it('keeps values and moving averages apart, whichever is asked for', () => {
    const curves = new Curves(columns([{ a: 0 }, { a: 1 }]));
    const terms = [{ key: 'a', weight: 1 }];
    const raw = curves.curve(terms, 0);
    expect(drawn(curves, 'a', 0.5)[1]).toBeCloseTo(2 / 3, 12);
    expect(drawn(curves, 'a', 0.75)[1]).toBeCloseTo(4 / 7, 12);
    // Still the same array: nothing is computed a second time for a line and its moving average in one chart.
    expect(curves.curve(terms, 0)).toBe(raw);
    expect([...raw.subarray(0, 2)]).toEqual([0, 1]);
  });

  it('continues as the run grows, to the same curve as from the start', () => {
    const all = columns([{ a: 1 }, { a: 5 }]);
    const growing = new Curves(all);
    drawn(growing, 'a', 0.9);
    for (let step = 3; step < 600; step++) all.push({ step, a: Math.sin(step) });
    expect(drawn(growing, 'a', 0.9)).toEqual(drawn(new Curves(all), 'a', 0.9));
  });
});
