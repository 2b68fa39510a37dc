import { describe, expect, it } from 'vitest';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import type { MetricsRow } from '../../../src/protocol/run-folder.ts';
import { type Combine, SeedColumns, sharedSteps } from '../../../src/protocol/seed-columns.ts';

const run = (...rows: MetricsRow[]) => {
  const columns = new MetricColumns();
  for (const row of rows) columns.push(row);
  return columns;
};
const values = (columns: MetricColumns, key: string) => [...columns.values(key)!.subarray(0, columns.length)];

const seeds = (runs: MetricColumns[], combine: Combine) => new SeedColumns(runs, combine, sharedSteps(runs));

describe('the mean of seeds', () => {
  const runs = [
    run(
      { step: 0, eval_reward: 1 },
      { step: 1, reward: 1 },
      { step: 2, reward: 2, eval_reward: 4 },
      { step: 3, reward: 9 },
    ),
    run({ step: 0, eval_reward: 3 }, { step: 1, reward: 3 }, { step: 2, reward: null, eval_reward: 5 }),
    run({ step: 1, reward: 5, only: 1 }),
  ];

  it('is at each step over those that came that far, and two of them must have', () => {
    const mean = seeds(runs, 'mean');
    expect([...mean.steps]).toEqual([0, 1, 2]);
    expect(values(mean, 'reward')).toEqual([Number.NaN, 3, Number.NaN]);
    expect(values(mean, 'eval_reward')).toEqual([2, Number.NaN, 4.5]);
    expect(mean.lastStep).toBe(2);
  });

  it('is at all steps of runs that have the same', () => {
    const same = [1, 2].map((seed) => run({ step: 1, reward: seed }, { step: 2, reward: 3 * seed }));
    const mean = seeds(same, 'mean');
    expect([...mean.steps]).toEqual([1, 2]);
    expect(values(mean, 'reward')).toEqual([1.5, 4.5]);
  });

  it('has a band from the lowest to the highest', () => {
    expect(values(seeds(runs, 'lowest'), 'reward')[1]).toBe(1);
    expect(values(seeds(runs, 'highest'), 'reward')[1]).toBe(5);
  });

  it('has no curve of what only one of them measured', () => {
    const mean = seeds(runs, 'mean');
    expect(mean.keys).toEqual(['eval_reward', 'reward', 'only']);
    expect([mean.values('only'), mean.values('none')]).toEqual([undefined, undefined]);
  });
});
