import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExperimentResults, SettingResult, StageResult } from '../../../src/protocol/experiment-results.ts';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import { experimentCharts } from '../../../src/report/experiment-charts.ts';
import { writeExperimentPage } from '../../../src/report/experiment-page.ts';
import { lines, runOf } from '../export/run-of.ts';
import { temporaryFolder } from '../files/folder.ts';

const columnsOf = (rewards: readonly number[], evaluated: Record<number, number> = {}): MetricColumns => {
  const columns = new MetricColumns();
  for (const [at, reward] of rewards.entries())
    columns.push({ step: at + 1, reward, ...(evaluated[at + 1] !== undefined && { eval_reward: evaluated[at + 1]! }) });
  return columns;
};
const points = (values: readonly number[]) => values.map((value, at) => ({ step: at + 1, value }));

describe('experimentCharts', () => {
  test('has the mean of a setting between the lowest and the highest of its seeds', () => {
    const charts = experimentCharts([
      { label: 'a', runs: [columnsOf([1, 3, 5], { 3: 4 }), columnsOf([3, 3, 9], { 3: 6 })] },
      { label: 'b', runs: [columnsOf([2, 4])] },
      { label: 'c', runs: [] },
    ]);
    expect(charts.map(({ name, lines }) => [name, lines.map(({ label }) => label)])).toEqual([
      ['eval_reward', ['a']],
      ['reward', ['a', 'b']],
    ]);
    expect(charts[0]!.lines[0]).toMatchObject({ points: [{ step: 3, value: 5 }], marked: true });
    // Running means: 1, 2, 3 and 3, 3, 5.
    const [a, b] = charts[1]!.lines;
    expect(a).toMatchObject({ points: points([2, 2.5, 4]), band: { low: points([1, 2, 3]), high: points([3, 3, 5]) } });
    expect(b).toMatchObject({ points: points([2, 3]), color: 1 });
    expect(b!.band).toBeUndefined();
  });

  test('has a chart of each reward function where runs have several of them', () => {
    const columns = (scores: Record<string, number>) => {
      const made = new MetricColumns();
      made.push({ step: 1, reward: 1, ...scores });
      return made;
    };
    const one = { label: 'one', runs: [columns({ 'rewards/exact/mean': 1 })] };
    const two = { label: 'two', runs: [columns({ 'rewards/exact/mean': 0, 'rewards/format/mean': 1 })] };
    const drawn = (settings: (typeof one)[]) =>
      experimentCharts(settings).map(({ title, name, lines }) => [title, name, lines.length]);
    expect(drawn([one])).toEqual([['Reward', 'reward', 1]]);
    expect(drawn([one, two])).toEqual([
      ['Reward', 'reward', 2],
      ['Score of exact', 'rewards-exact-mean', 2],
      ['Score of format', 'rewards-format-mean', 1],
    ]);
  });

  test('smooths over as many steps as a run is measured by', () => {
    const rewards = Array.from({ length: 12 }, (_, at) => at);
    const [chart] = experimentCharts([{ label: 'a', runs: [columnsOf(rewards)] }]);
    expect(chart!.lines[0]!.points.slice(-3).map(({ value }) => value)).toEqual([4.5, 5.5, 6.5]);
  });
});

const METRICS = lines([
  { step: 1, reward: 3, 'completions/min_length': 9 },
  { step: 2, reward: 5, 'completions/min_length': 8 },
]);
const NONE = { mean: null, deviation: null };

function setting(
  label: string,
  states: SettingResult['runs'][number]['state'][],
  more: Partial<SettingResult> = {},
): SettingResult {
  const runs = states.map((state, seed) => ({
    ...{ seed, state, folder: state === 'missing' ? null : runOf({ 'metrics.jsonl': METRICS }), step: 2 },
    ...{ reward: 4, best: 5, metrics: {}, seconds: 61, failure: null },
  }));
  const done = states.filter((state) => state === 'done').length;
  return {
    label,
    choices: [label],
    set: [`beta=${label}`],
    runs,
    stages: [],
    done,
    mean: 4,
    deviation: 0.5,
    best: 5,
    metrics: {},
    ...more,
  };
}

async function pageOf(
  settings: SettingResult[],
  metrics: ExperimentResults['metrics'] = {},
): Promise<{ folder: string; page: string }> {
  const results = {
    type: 'results',
    name: 'sweep',
    file: '/w/sweep.experiment.json',
    base: '/w/sort.grpo.json',
  } as const;
  const all: Omit<ExperimentResults, 'page'> = { ...results, measure: 'held-out reward', metrics, settings };
  const folder = join(temporaryFolder(), 'new/folder');
  return { folder, page: readFileSync(await writeExperimentPage(folder, all, '0.1.0'), 'utf8') };
}

const textOf = (page: string): string =>
  page
    .replaceAll(/<style>.*?<\/style>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('the page of an experiment', () => {
  test('has the settings, the curves and the runs', async () => {
    const { folder, page } = await pageOf([
      setting('a', ['done', 'done']),
      setting('b', ['done', 'failed', 'missing'], { mean: 4.5, deviation: null }),
    ]);
    const text = textOf(page);
    for (const words of [
      'sweep 2 settings of sort.grpo.json; 3 of 5 runs are done.',
      'a 2 of 2 4.00 ± 0.50 5.00 beta=a',
      'b 1 of 3 4.50 5.00 beta=b',
      'b 1 failed',
      '1:01 min',
    ])
      expect(text).toContain(words);
    expect(page).toContain('<b>4.50</b>');
    expect(page).toContain('aria-label="Reward: a from 3 at step 1 to 4 at step 2; b from 3 at step 1 to 4 at step 2"');
    expect(readFileSync(join(folder, 'reward.svg'), 'utf8')).toContain('aria-label="Reward: a from 3');
  });

  test("has the experiment's own metrics as columns and curves", async () => {
    const shortest = { length: { mean: 9.5, deviation: 0.25 } };
    const { folder, page } = await pageOf(
      [setting('a', ['done'], { metrics: shortest }), setting('b', ['done'], { metrics: { length: NONE } })],
      { length: 'completions/min_length' },
    );
    const text = textOf(page);
    expect(text).toContain('best length overrides');
    expect(text).toContain('a 1 of 1 4.00 ± 0.50 5.00 9.50 ± 0.25 beta=a');
    expect(text).toContain('b 1 of 1 4.00 ± 0.50 5.00 – beta=b');
    expect(readFileSync(join(folder, 'completions-min_length.svg'), 'utf8')).toContain('aria-label="length: a from 9');
  });

  test('shows names of any kind as text, and more settings than there are colours', async () => {
    const names = ['<script>alert(1)</script>', ...'bcdefghijklm'];
    const { folder, page } = await pageOf(names.map((name) => setting(name, ['done'])));
    const picture = readFileSync(join(folder, 'reward.svg'), 'utf8');
    for (const text of [page, picture]) {
      expect(text).not.toContain('<script');
      expect(text).toContain('&lt;script&gt;alert(1)');
      for (const look of ['line c0"', 'line c5"', 'line c0 dash1"', 'line c0 dash2"']) expect(text).toContain(look);
    }
  });

  test('crosses two things that vary', async () => {
    const cross = ['a', 'b'].flatMap((row) =>
      ['x', 'y', 'z'].map((column, at) =>
        setting(`${row} · ${column}`, ['done'], {
          choices: [row, column],
          mean: row === 'a' ? at : 3 - at,
          deviation: null,
        }),
      ),
    );
    const text = textOf((await pageOf(cross)).page);
    expect(text).toContain('held-out reward x y z a 0.00 1.00 2.00 b 3.00 2.00 1.00 setting runs done');
    expect(textOf((await pageOf(cross.slice(0, 3))).page)).not.toContain('held-out reward x y z');
  });

  test('has a table of stages for runs that have some', async () => {
    const range = { mean: 1, low: 0.5, high: 1.5 };
    const stages: StageResult[] = [
      { name: null, step: 0, reward: range, rewards: { correct: range } },
      { name: 'cold start', step: 9, reward: { ...range, mean: 1.25 }, rewards: { correct: null, format: range } },
    ];
    const text = textOf((await pageOf([setting('a', ['done'], { stages }), setting('b', ['done'])])).page);
    expect(text).toContain('setting after held-out reward correct format a before training 1.00 (0.50 – 1.50)');
    expect(text).toContain('cold start 1.25 (0.50 – 1.50) – 1.00 (0.50 – 1.50) Mean (lowest');
    expect(textOf((await pageOf([setting('b', ['done'])])).page)).not.toContain('Stages');
  });

  test('says that there is nothing yet', async () => {
    const { page } = await pageOf([setting('a', ['missing'], { mean: null, deviation: null, best: null })]);
    expect(page).toContain('0 of 1 runs are done');
    expect(page).not.toContain('<svg');
  });
});
