import { describe, expect, it } from 'vitest';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import { formatNumber, formatShare } from '../../../src/text/numbers.ts';
import { niceTicks } from '../../../src/text/ticks.ts';
import { Curves } from '../../../webview/charts/curves.ts';
import { chartCsv } from '../../../webview/export/csv.ts';

const columns = new MetricColumns();
for (const step of [1, 2, 3])
  columns.push({ step, reward: step / 4, 'odd, "name"': step === 2 ? null : 1, step_time: 2, num_tokens: step * 100 });

describe('CSV', () => {
  it('holds what a chart shows, of every run on it', () => {
    const run = (label: string) => ({ name: 'sort', label, folder: '/a', color: 0, curves: new Curves(columns) });
    const series = [{ id: 'reward', label: 'reward × 2', terms: [{ key: 'reward', weight: 2 }], color: 0 }];
    const csv = chartCsv(
      { id: 'reward', title: 'Reward', series },
      [run('sort · seed 1'), run('sort · "two"')],
      [2, 3],
    );
    expect(csv.split('\r\n')).toEqual([
      'run,step,reward × 2',
      'sort · seed 1,2,1',
      'sort · seed 1,3,1.5',
      '"sort · ""two""",2,1',
      '"sort · ""two""",3,1.5',
      '',
    ]);
  });
});

describe('niceTicks', () => {
  it('covers the range with round numbers', () => {
    expect(niceTicks(0.03, 0.92, 5, false)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks(3, 3, 5, false).length).toBeGreaterThan(1);
  });

  it('goes by powers of ten on a logarithmic axis, on both sides of 0', () => {
    expect(niceTicks(-0.01, 5, 6, true)).toEqual([-10, -1, -0.1, -0.01, -0.001, 0, 0.001, 0.01, 0.1, 1, 10]);
  });
});

describe('numbers', () => {
  it('writes numbers for people', () => {
    expect([0, 0.25, -1.5, 2e-6, 1234567, Number.NaN].map(formatNumber)).toEqual([
      ...['0', '0.25', '−1.5', '2e-6', '1.23e6', '–'],
    ]);
    expect([0.125, 0.0005, 1].map(formatShare)).toEqual(['12.5 %', '0.05 %', '100 %']);
  });
});
