import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { chartDefinitions, rewardWeights } from '../../../webview/charts/definitions.ts';

const config = (rewards: unknown[], more: object = {}) =>
  runConfigSchema.parse({ model: 'm', dataset: 'd.jsonl', rewards, ...more });

describe('rewardWeights', () => {
  it('takes the weights of named functions, and of the file that stands for the others', () => {
    const weights = rewardWeights(
      ['format', 'exact', 'close'],
      config([
        { file: 'a.reward.ts', function: 'format', weight: 0.5 },
        { file: 'b.reward.ts', weight: 2 },
      ]),
    );
    expect(Object.fromEntries(weights!)).toEqual({ format: 0.5, exact: 2, close: 2 });
  });

  it('does not guess between two files of different weight', () => {
    const rewards = [
      { file: 'a.reward.ts', weight: 1 },
      { file: 'b.reward.ts', weight: 2 },
    ];
    expect(rewardWeights(['x'], config(rewards))).toBeUndefined();
    const [chart] = chartDefinitions(['reward', 'rewards/x/mean'], config(rewards));
    expect(chart!.note).toContain('without weights');
  });

  it('knows which function is of which file where the run says so', () => {
    const rewards = [
      { file: 'a.reward.ts', weight: 1 },
      { file: 'b.reward.ts', weight: 2 },
    ];
    const found = [
      { name: 'x', file: '/w/a.reward.ts', weight: 1 },
      { name: 'y', file: '/w/b.reward.ts', weight: 2 },
    ];
    const [chart] = chartDefinitions(['reward', 'rewards/x/mean', 'rewards/y/mean'], config(rewards), found);
    expect(chart!.note).toBeUndefined();
    expect(chart!.series.map(({ label }) => label)).toEqual(['mean', 'x', 'y × 2']);
  });

  it('gives what is scored beside the reward a chart of its own', () => {
    const found = [
      { name: 'x', file: '/w/a.reward.ts', weight: 1 },
      { name: 'turns', file: '/w/a.reward.ts', weight: 0 },
    ];
    const charts = chartDefinitions(['reward', 'rewards/x/mean', 'rewards/turns/mean'], config([]), found);
    expect(charts[0]!.series.map(({ label }) => label)).toEqual(['mean', 'x']);
    const [own] = charts.find(({ title }) => title === 'turns (weight 0)')!.series;
    expect(own!.terms).toEqual([{ key: 'rewards/turns/mean', weight: 1 }]);
  });
});

describe('chartDefinitions', () => {
  const keys = [
    ...['loss', 'kl', 'entropy', 'learning_rate', 'reward', 'groups/reward_std', 'rewards/f/mean', 'rewards/f/std'],
    ...[
      'groups/signal',
      'groups/too_easy',
      'completions/mean_length',
      'completions/clipped_ratio',
      'clip_ratio/low_mean',
    ],
    ...['time/rollout', 'time/update', 'step_time', 'grad_norm', 'num_tokens', 'answers seen'],
  ];

  it('begins with the reward and ends with the loss and its explanation', () => {
    const charts = chartDefinitions(keys, config(['a.reward.ts#f']));
    expect(charts[0]!.id).toBe('reward');
    expect(charts.at(-1)!.id).toBe('loss');
    expect(charts.at(-1)!.note).toContain('dapo averages over tokens');
  });

  it('draws what a reward function is worth in the sum', () => {
    const [reward] = chartDefinitions(keys, config([{ file: 'a.reward.ts', function: 'f', weight: 3 }]));
    const series = reward!.series.find(({ id }) => id === 'rewards/f/mean')!;
    expect(series.terms).toEqual([{ key: 'rewards/f/mean', weight: 3 }]);
    expect(series.label).toContain('3');
  });

  it('makes a chart of every metric it does not know, and none of what is missing', () => {
    const ids = chartDefinitions(keys, config([])).map(({ id }) => id);
    expect(ids).toContain('answers seen');
    expect(chartDefinitions(['reward'], config([])).map(({ id }) => id)).toEqual(['reward']);
  });

  it('names metrics that only some runs have, and says what they are', () => {
    const known = ['vespo/phi_seq_mean', 'entropy_coef', 'off_policy_masked_ratio', 'dpo/loss', 'dpo/accuracies'];
    const charts = chartDefinitions(known, config([]));
    expect(charts.map(({ title, term, unit }) => [title, term, unit])).toEqual([
      ['VESPO weight', 'VESPO weight', undefined],
      ['Weight of the entropy bonus', 'entropy bonus', undefined],
      ['Left out as off-policy', 'off-policy mask', 'share'],
      ['Preference term', 'preference term', undefined],
      ['Pairs in the right order', 'preference margin', 'share'],
    ]);
  });

  it('draws how much is replayed, and what it counts, together', () => {
    const [chart] = chartDefinitions(['replay/share', 'replay/weight'], config([], { replay: {} }));
    expect(chart).toMatchObject({ title: 'Replay', term: 'replayed' });
    expect(chart!.series.map(({ label }) => label)).toEqual(['mean weight', 'replayed']);
  });

  it('draws what each judge has used up, and nothing for runs without one', () => {
    const counts = ['calls', 'cached', 'prompt_tokens', 'completion_tokens', 'cost'].map(
      (name) => `judge/good/${name}`,
    );
    const charts = chartDefinitions([...counts, 'judge/local/calls', 'judge/mood'], config([]));
    expect(charts.map(({ title, series }) => [title, ...series.map(({ label }) => label)])).toEqual([
      ['Calls of the judge good', 'calls', 'answered from the cache'],
      ['Tokens of the judge good', 'read', 'written'],
      ['Cost of the judge good', 'per step'],
      ['Calls of the judge local', 'calls'],
      // What a function logs under such a name is its own.
      ['judge/mood', 'mood'],
    ]);
  });

  it('explains clip ratios that are always 0', () => {
    const note = (iterations: number, batches?: number) =>
      chartDefinitions(keys, config([], { numIterations: iterations, numMiniBatches: batches })).find(
        ({ id }) => id === 'clip_ratio',
      )!.note;
    expect(note(1)).toContain('Always 0');
    expect(note(2)).toBeUndefined();
    expect(note(1, 1)).toContain('Always 0');
    expect(note(1, 4)).toBeUndefined();
  });

  it('stacks layers: each is drawn on top of those before it, and shows its own value', () => {
    const chart = chartDefinitions(keys, config([])).find(({ id }) => id === 'step_time')!;
    const update = chart.series.find(({ id }) => id === 'time/update')!;
    expect(update.terms.map(({ key }) => key)).toContain('time/rollout');
    expect(update.shown).toEqual([{ key: 'time/update', weight: 1 }]);
  });
});
