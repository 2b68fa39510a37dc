import { describe, expect, it } from 'vitest';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import type { RunChange } from '../../../src/protocol/run-folder.ts';
import { changesByStep } from '../../../webview/charts/changes.ts';
import { Curves } from '../../../webview/charts/curves.ts';
import { rangeText, tickText, xText } from '../../../webview/charts/x-axis.ts';

const run = () => {
  const columns = new MetricColumns();
  columns.push({ step: 0, eval_reward: 1, 'time/evaluate': 2 });
  columns.push({ step: 1, reward: 1, step_time: 3, num_tokens: 100 });
  columns.push({ step: 2, reward: 2, step_time: 1, 'time/save': 0.5, num_tokens: 250 });
  return columns;
};
const places = (curves: Curves, axis: 'step' | 'time' | 'tokens') => [
  ...curves.x(axis).subarray(0, curves.columns.length),
];

describe('the x axis', () => {
  it('adds up the seconds of steps, evaluations and checkpoints', () => {
    const curves = new Curves(run());
    expect(places(curves, 'time')).toEqual([2, 5, 6.5]);
    expect(places(curves, 'tokens')).toEqual([0, 100, 250]);
    expect(places(curves, 'step')).toEqual([0, 1, 2]);
  });

  it('grows with the run, and starts again where it was taken back', () => {
    const columns = run();
    const curves = new Curves(columns);
    places(curves, 'time');
    for (let step = 3; step <= 600; step++) columns.push({ step, step_time: 1, num_tokens: 250 + step });
    expect(places(curves, 'time').at(-1)).toBeCloseTo(6.5 + 598, 9);
    columns.truncate(2);
    expect(places(curves, 'time')).toEqual([2, 5]);
    columns.push({ step: 2, step_time: 10 });
    // It does not say how many tokens there are by now: no fewer.
    expect(places(curves, 'time')).toEqual([2, 5, 15]);
    expect(places(curves, 'tokens')).toEqual([0, 100, 100]);
  });

  it('finds rows', () => {
    const curves = new Curves(run());
    expect(curves.rowAt('time', 5.4)).toBe(1);
    expect(curves.rowsWithin('time', [4, 6.5])).toEqual([1, 3]);
    expect(curves.rowsWithin('step', [1, 1])).toEqual([1, 2]);
    expect(curves.lastX('tokens')).toBe(250);
  });

  it('is read by people', () => {
    expect(xText('time', 4.417)).toBe('4.42 s');
    expect(xText('time', 185)).toBe('3:05 min');
    expect(xText('tokens', 12345)).toBe('12,345 tokens');
    expect(rangeText('step', [10, 2000])).toBe('Steps 10 to 2,000');
    expect(rangeText('time', [0, 60])).toBe('0 s to 1:00 min');
    expect([1500, 12_500, 3_400_000].map((tokens) => tickText('tokens', tokens))).toEqual(['1500', '12.5k', '3.4M']);
  });
});

describe('a band', () => {
  it('ends where the rewards of the step do, also when it is smoothed', () => {
    const columns = new MetricColumns();
    for (let step = 1; step <= 20; step++)
      columns.push({ step, reward: 0.9, std: 0.4, reward_min: 0, reward_max: step === 1 ? 2 : 1 });
    const curves = new Curves(columns);
    const upper = [
      { key: 'reward', weight: 1 },
      { key: 'std', weight: 1 },
    ];
    const within = { low: 'reward_min', high: 'reward_max' };
    expect(curves.curve(upper, 0)[1]).toBeCloseTo(1.3, 9);
    expect([...curves.curve(upper, 0, within).subarray(0, 2)].map((x) => Number(x.toFixed(9)))).toEqual([1.3, 1]);
    expect(curves.curve(upper, 0.9, within)[19]).toBeLessThanOrEqual(1.3);
    expect(curves.at(upper, 5, within)).toBe(1);
  });

  it('of a run that did not record them is as wide as it is', () => {
    const columns = new MetricColumns();
    columns.push({ step: 1, reward: 0.9, std: 0.4 });
    const terms = [
      { key: 'reward', weight: 1 },
      { key: 'std', weight: 1 },
    ];
    const within = { low: 'reward_min', high: 'reward_max' };
    expect(new Curves(columns).curve(terms, 0, within)[0]).toBeCloseTo(1.3, 9);
  });
});

describe('changes of a run', () => {
  const change = (step: number, field: string, from: unknown, to: unknown): RunChange => ({
    step,
    at: '',
    field,
    from,
    to,
  });

  it('are told by step', () => {
    const changes = [
      change(41, 'config.learningRate', 1e-4, 3e-4),
      change(41, 'rewardSources.rewards/sort.reward.ts', {}, {}),
      change(7, 'device', 'cpu', 'webgpu'),
    ];
    expect(changesByStep(changes)).toEqual([
      { step: 7, text: 'From step 7: device cpu → webgpu' },
      { step: 41, text: 'From step 41: learningRate 0.0001 → 0.0003, rewards/sort.reward.ts has changed' },
    ]);
    expect(changesByStep(undefined)).toEqual([]);
  });

  it('are counted where there are many', () => {
    const many = Array.from({ length: 9 }, (_, i) => change(2, `config.f${i}`, 0, 1));
    expect(changesByStep(many)[0]!.text).toMatch(/f3 0 → 1 and 5 more$/);
  });
});
