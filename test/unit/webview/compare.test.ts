import { describe, expect, it } from 'vitest';
import type { RunHead, RunSummary } from '../../../src/protocol/dashboard.ts';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { FileDigest, RunChange } from '../../../src/protocol/run-folder.ts';
import type { RunMeasure } from '../../../src/protocol/run-measure.ts';
import { overlayColor, overlayColors, overlayPalette } from '../../../webview/charts/overlay-color.ts';
import { changeRows, codeRows, inputRows } from '../../../webview/compare/content-rows.ts';
import { differenceSections } from '../../../webview/compare/difference-sections.ts';
import { resultRows } from '../../../webview/compare/result-rows.ts';
import { arranged, runRows } from '../../../webview/compare/run-rows.ts';

const file = (sha256: string): FileDigest => ({ file: '/w/d.jsonl', bytes: 3, sha256, covers: 'all' });
const source = (name: string, sha256: string) => ({ name, file: `/w/${name}`, sha256, copy: `rewards/${name}` });

function head(folder: string, more: Partial<RunHead> = {}): RunHead {
  const config = runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.reward.ts'] });
  return {
    ...{ folder, name: 'sort', createdAt: '2026-01-31T15:45:02.000Z', state: 'done', reason: null, step: 9 },
    ...{ scored: 9, device: 'cpu', config, trainer: 'none' },
    rewardSources: [source('r.reward.ts', 'aa')],
    inputs: { dataset: file('d1'), evalDataset: null, rollouts: null, model: [file('m1')] },
    ...more,
  };
}

const inputs = (more: object = {}) => ({ ...head('/w/a').inputs!, ...more });
const described = (...heads: RunHead[]) => heads.map((one) => ({ head: one }));

describe('reward code', () => {
  const edited = head('/w/c', { rewardSources: [source('r.reward.ts', 'bb')] });

  it('is not told between runs that have the same', () => {
    expect(codeRows([head('/w/a'), head('/w/b')])).toEqual([]);
    expect(codeRows([head('/w/a'), head('/w/b')], true)).toEqual([
      { field: 'r.reward.ts', values: ['recorded', 'identical'], source: 'r.reward.ts', missing: 'not used' },
    ]);
  });

  it('is compared file by file, and which run does not use one', () => {
    const more = head('/w/d', { rewardSources: [source('r.reward.ts', 'aa'), source('lib/words.ts', 'cc')] });
    expect(codeRows([head('/w/a'), head('/w/b'), edited, more]).map(({ field, values }) => [field, values])).toEqual([
      ['r.reward.ts', ['recorded', 'identical', 'differs', 'identical']],
      ['lib/words.ts', [null, null, null, 'recorded']],
    ]);
  });

  it('of a run of an earlier release is neither identical nor different', () => {
    const { rewardSources: _, inputs: __, ...old } = head('/w/old');
    expect(codeRows([head('/w/a'), old])).toEqual([]);
    expect(codeRows([head('/w/a'), edited, old])[0]!.values).toEqual(['recorded', 'differs', 'not recorded']);
    // Nothing is called identical to what nobody knows.
    expect(codeRows([old, head('/w/a'), edited])[0]!.values).toEqual(['not recorded', 'recorded', 'recorded']);
  });
});

describe('what runs read', () => {
  it('is the same wherever it is', () => {
    const elsewhere = head('/w/b', { inputs: inputs({ dataset: { ...file('d1'), file: '/elsewhere/d.jsonl' } }) });
    expect(inputRows(described(head('/w/a'), elsewhere))).toEqual([]);
  });

  it('says which file, how many rows, and the start of its hash', () => {
    const hash = '0123456789abcdef';
    const other = head('/w/b', { inputs: inputs({ dataset: file(hash), model: [file('m2')] }) });
    const contents = { versions: {}, rows: { dataset: 1234, evalDataset: null } };
    expect(inputRows([{ head: head('/w/a') }, { head: other, contents }])).toEqual([
      {
        field: 'dataset',
        values: ['d.jsonl · d1', 'd.jsonl · 1,234 rows · 01234567'],
        notes: [null, 'differs'],
        missing: 'none',
      },
      { field: 'model', values: ['m · m1', 'm · m2'], notes: [null, 'differs'], missing: 'none' },
    ]);
  });

  it('of large files is only known where it was hashed', () => {
    const model = { model: [{ ...file('m1'), covers: 'sample' as const }] };
    const [first, second] = [head('/w/a', { inputs: inputs(model) }), head('/w/b', { inputs: inputs(model) })];
    expect(inputRows(described(first, second), true).at(-1)!.notes).toEqual([null, 'identical where hashed']);
  });

  it('tells one run without held-out prompts from one with them', () => {
    const other = head('/w/b', { inputs: inputs({ evalDataset: file('e1') }) });
    expect(inputRows(described(head('/w/a'), other))[0]).toMatchObject({ values: [null, 'd.jsonl · e1'] });
  });

  it('is known by its path alone of a run of an earlier release', () => {
    const { rewardSources: _, inputs: __, ...old } = head('/w/old');
    expect(inputRows(described(head('/w/a'), old), true)[1]).toMatchObject({
      field: 'model',
      notes: [null, 'content not recorded'],
    });
  });
});

it('what changed during a run is told, but not how long it went on', () => {
  const change = (field: string, from: unknown, to: unknown): RunChange => ({ step: 7, at: '', field, from, to });
  const changes = [change('config.maxSteps', 5, 9), change('config.seed', 1, 2), change('rewardSources.r.ts', {}, {})];
  expect(changeRows([head('/w/a'), head('/w/b', { changes })])).toEqual([
    {
      field: 'changed during the run',
      values: [null, 'seed 1 → 2 (step 7); r.ts has changed (step 7)'],
      missing: 'nothing',
    },
  ]);
});

describe('sections of differences', () => {
  const titles = (all: boolean, ...heads: RunHead[]) =>
    differenceSections(described(...heads), all).map(({ title, rows }) => [title, rows.map(({ field }) => field)]);
  const other = head('/w/b', { config: { ...head('/w/a').config, seed: 7 }, device: 'webgpu' });

  it('have only what differs', () => {
    expect(titles(false, head('/w/a'), other)).toEqual([
      ['Config', ['seed']],
      ['Reward code', []],
      ['Data and model', []],
      ['Versions and device', ['device']],
    ]);
  });

  it('or everything', () => {
    const [config, code, data] = titles(true, head('/w/a'), other).map(([, fields]) => fields!);
    expect(config).toContain('learningRate');
    // What these hold is in the section on data.
    expect(config).not.toContain('dataset');
    expect([code, data]).toEqual([['r.reward.ts'], ['dataset', 'model']]);
  });
});

describe('the table of runs', () => {
  const measure = (reward: number, best = reward): RunMeasure => ({
    ...{ kind: 'held-out', reward, best },
    ...{ step: 9, bestStep: 9 },
  });
  const summary = (name: string, seed: number, reward?: number): RunSummary => ({
    ...{ folder: `/w/${name}`, name, createdAt: `2026-01-31T15:45:0${seed}.000Z`, state: 'done', step: seed, seed },
    ...(reward !== undefined && { results: { heldOut: measure(reward), training: null, seconds: 3 } }),
  });
  const columns = new MetricColumns();
  for (let step = 1; step <= 20; step++) columns.push({ step, reward: step, step_time: 0.5 });
  const rows = runRows({ head: head('/w/own'), columns }, [summary('a', 1, 3), summary('b', 2), summary('c', 3, 5)]);
  const names = (search: string, sort: string) => arranged(rows, search, sort).map(({ name }) => name);

  it('has this run first, whatever it is sorted by', () => {
    expect(names('', 'heldOut')).toEqual(['sort', 'a', 'c', 'b']);
    // What is not known comes last, either way.
    expect(names('', '-heldOut')).toEqual(['sort', 'c', 'a', 'b']);
    expect(names('', '-started')).toEqual(['sort', 'c', 'b', 'a']);
    expect(names('', 'no such column')).toEqual(['sort', 'a', 'b', 'c']);
  });

  it('is searched by name, state and seed', () => {
    expect(names('Seed 2', 'name')).toEqual(['sort', 'b']);
    expect(names('nothing has this', 'name')).toEqual(['sort']);
  });

  it("says of this run what its metrics say: ten steps' mean, and what the steps took", () => {
    const { results, step, own } = rows[0]!;
    expect([results!.training!.reward, results!.heldOut, results!.seconds, step, own]).toEqual([
      15.5,
      null,
      10,
      20,
      true,
    ]);
  });
});

describe('the rewards of runs', () => {
  const columnsOf = (...values: [reward: number, heldOut: number | null, f: number][]) => {
    const columns = new MetricColumns();
    for (const [i, [reward, eval_reward, f]] of values.entries())
      columns.push({ step: i + 1, reward, eval_reward, 'rewards/f/mean': f });
    return columns;
  };

  it('are the last and the best, per function, and which run has the higher', () => {
    const rows = resultRows([columnsOf([1, 4, 1], [3, 2, 1]), columnsOf([2, null, 1])]);
    expect(rows.map(({ field, values, notes, best }) => [field, values, notes, best])).toEqual([
      ['steps', ['2', '1'], undefined, undefined],
      ['held-out reward', ['2', null], ['best 4 at step 1', null], 0],
      ['reward (mean of last 10 steps)', ['2', '2'], ['best 2', 'best 2'], undefined],
      ['f (mean of last 10 steps)', ['1', '1'], ['best 1', 'best 1'], undefined],
    ]);
  });
});

it('an overlaid run keeps its color while others come and go', () => {
  const three = overlayColors(['/a', '/b', '/c'], {});
  expect(three).toEqual({ '/a': 0, '/b': 1, '/c': 2 });
  const two = overlayColors(['/b', '/c'], three);
  expect(two).toEqual({ '/b': 1, '/c': 2 });
  expect(overlayColors(['/b', '/c', '/d'], two)).toEqual({ '/b': 1, '/c': 2, '/d': 0 });
});

it("each of 30 overlaid runs has a color of its own, none of them one of the main run's curves", () => {
  const colors = Array.from({ length: 30 }, (_, i) => overlayColor(i));
  expect(new Set(colors).size).toBe(30);
  expect(Math.min(...colors)).toBe(8);
  for (const onLight of [true, false]) {
    const palette = overlayPalette(onLight);
    expect(new Set(palette).size).toBe(30);
    expect(Math.max(...colors)).toBe(8 + palette.length - 1);
  }
});
