import { describe, expect, it } from 'vitest';
import type { RunHead } from '../../../src/protocol/dashboard.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { FileDigest, RunChange } from '../../../src/protocol/run-folder.ts';
import { overlayColor, overlayPalette } from '../../../webview/charts/overlay-color.ts';
import { codeRows } from '../../../webview/compare/content-rows.ts';
import { runLabels, runTimes } from '../../../webview/compare/run-labels.ts';

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

describe('what runs differ in besides their configs', () => {
  it('is nothing between runs of the same code and data, wherever these are', () => {
    const elsewhere = { ...file('d1'), file: '/elsewhere/d.jsonl' };
    const other = head('/w/b', { inputs: { ...head('/w/a').inputs!, dataset: elsewhere } });
    expect(contentRows([head('/w/a'), other])).toEqual([]);
  });

  it('is reward code, file by file, and which run does not use one', () => {
    const [same, edited] = [head('/w/b'), head('/w/c', { rewardSources: [source('r.reward.ts', 'bb')] })];
    const more = head('/w/d', { rewardSources: [source('r.reward.ts', 'aa'), source('lib/words.ts', 'cc')] });
    expect(contentRows([head('/w/a'), same, edited, more])).toEqual([
      {
        field: 'reward code: r.reward.ts',
        values: ['recorded', 'identical', 'differs', 'identical'],
        source: 'r.reward.ts',
      },
      { field: 'reward code: lib/words.ts', values: [null, null, null, 'recorded'], source: 'lib/words.ts' },
    ]);
  });

  it('is the content of dataset and model', () => {
    const inputs = { ...head('/w/a').inputs!, dataset: file('d2'), model: [file('m2')] };
    expect(contentRows([head('/w/a'), head('/w/b', { inputs })])).toEqual([
      { field: 'dataset content', values: ['recorded', 'differs'] },
      { field: 'model files', values: ['recorded', 'differs'] },
    ]);
  });

  it('is not known of runs of an earlier release', () => {
    const { rewardSources: _, inputs: __, ...old } = head('/w/old');
    expect(contentRows([head('/w/a'), old])).toEqual([]);
    const edited = head('/w/b', { rewardSources: [source('r.reward.ts', 'bb')] });
    expect(contentRows([head('/w/a'), edited, old])[0]!.values).toEqual(['recorded', 'differs', 'not recorded']);
  });

  it('is what changed during a run, but not how long it went on', () => {
    const change = (field: string, from: unknown, to: unknown): RunChange => ({ step: 7, at: '', field, from, to });
    const changes = [
      change('config.maxSteps', 5, 9),
      change('config.seed', 1, 2),
      change('rewardSources.r.ts', {}, {}),
    ];
    expect(contentRows([head('/w/a'), head('/w/b', { changes })])).toEqual([
      { field: 'changed during the run', values: [null, 'seed 1 → 2 (step 7); r.ts has changed (step 7)'] },
    ]);
  });
});

describe('the label of a run', () => {
  const labels = (...runs: Parameters<typeof runLabels>[0]) => [...runLabels(runs).values()];
  const run = (folder: string, createdAt: string, config?: object, name = 'sort') => ({
    ...{ folder, name, createdAt },
    ...(config && { config }),
  });

  it('is its name, where no other run has it', () => {
    expect(labels(run('/a', ''), run('/b', '', undefined, 'arithmetic'))).toEqual(['sort', 'arithmetic']);
  });

  it('says what differs between runs of one name', () => {
    const [a, b] = [run('/a', '', { seed: 1, beta: 0 }), run('/b', '', { seed: 2, beta: 0 })];
    expect(labels(a, b)).toEqual(['sort · seed 1', 'sort · seed 2']);
  });

  it('or when they started, as exactly as it takes', () => {
    const configs = [
      { a: 1, b: 1, c: 1 },
      { a: 2, b: 2, c: 2 },
    ] as const;
    const minutes = labels(
      run('/a', '2026-01-31T15:45:02Z', configs[0]),
      run('/b', '2026-01-31T15:46:02Z', configs[1]),
    );
    expect(minutes.map((label) => label.slice(-5))).toEqual([
      expect.stringMatching(/:45$/),
      expect.stringMatching(/:46$/),
    ]);
    const seconds = labels(run('/a', '2026-01-31T15:45:02Z'), run('/b', '2026-01-31T15:45:09Z'));
    expect(seconds.map((label) => label.slice(-6))).toEqual([':45:02', ':45:09']);
    const folders = labels(
      run('/runs/20260131-154502-sort', '2026-01-31T15:45:02Z', {}),
      run('/runs/20260131-154502-sort-2', '2026-01-31T15:45:02Z', {}),
    );
    expect(folders).toEqual(['sort · 20260131-154502-sort', 'sort · 20260131-154502-sort-2']);
  });

  it('six runs of one config have six labels and six times', () => {
    const runs = Array.from({ length: 6 }, (_, i) => run(`/r/${i}`, `2026-01-31T15:45:0${i}.000Z`, { seed: 1 }));
    expect(new Set(runLabels(runs).values()).size).toBe(6);
    expect(new Set(runTimes(runs).values()).size).toBe(6);
  });
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
