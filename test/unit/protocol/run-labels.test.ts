import { describe, expect, test } from 'vitest';
import { shortNumber } from '../../../src/protocol/label-parts.ts';
import type { RunAbout } from '../../../src/protocol/run-about.ts';
import { type RunConfig, runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { FileDigest, RewardSource, RunInfo } from '../../../src/protocol/run-folder.ts';
import { type LabelledRun, runLabels } from '../../../src/protocol/run-labels.ts';

const config = (changes: object = {}): RunConfig =>
  runConfigSchema.parse({ model: '/w/m', dataset: '/w/d.jsonl', rewards: ['/w/sort.reward.ts'], ...changes });

let count = 0;
/** Each a minute younger than the one before it. */
function run(changes: object = {}, info: Partial<RunInfo> = {}, about: RunAbout = {}): LabelledRun {
  const createdAt = new Date(Date.UTC(2026, 0, 31, 12, count++)).toISOString();
  const named = { name: 'sort', configFile: '/w/sort.grpo.json', createdAt };
  return { folder: `/w/.grpo/runs/${count}`, info: { ...named, config: config(changes), ...info }, about };
}

/** In the order in which they were given. */
const labels = (...runs: LabelledRun[]) => {
  const all = runLabels(runs);
  expect(new Set(all.values()).size).toBe(runs.length);
  return runs.map(({ folder }) => all.get(folder));
};

const source = (sha256: string, name = 'sort.reward.ts'): RewardSource => ({
  ...{ name, file: `/w/${name}`, sha256, copy: `rewards/${name}` },
});
const file = (sha256: string): FileDigest => ({ file: '/w/d.jsonl', bytes: 3, sha256, covers: 'all' });

describe('what differs from the oldest run of a config', () => {
  test.each<[string, object, object, string]>([
    ['a rate, and the seed after it', {}, { seed: 4, learningRate: 1e-3 }, 'sort · lr 1e-3 · seed 4'],
    ['back to a default', { beta: 0.04 }, {}, 'sort · beta 0'],
    ['well-known names', {}, { numGenerations: 16, temperature: 0.7 }, 'sort · generations 16 · temp 0.7'],
    ['fields without a short name', {}, { topK: 50 }, 'sort · topK 50'],
    ['a switch', {}, { maskTruncatedCompletions: true }, 'sort · maskTruncatedCompletions'],
    ['a switch that is off', { syncRefModel: true }, {}, 'sort · no syncRefModel'],
    ['a loss', {}, { lossType: 'dr_grpo' }, 'sort · loss dr_grpo'],
    ['an adapter', {}, { lora: { r: 16 } }, 'sort · LoRA r 16'],
    ["the adapter's rank", { lora: { r: 16 } }, { lora: { r: 4 } }, 'sort · LoRA r 4'],
    ['another field of it', { lora: { r: 4 } }, { lora: { r: 4, loraAlpha: 64 } }, 'sort · LoRA loraAlpha 64'],
    ['no adapter', { lora: { r: 16 } }, {}, 'sort · no LoRA'],
    ['a model', {}, { model: '/models/SmolLM2.gguf' }, 'sort · model SmolLM2.gguf'],
    ['files of data', {}, { dataset: ['/w/a.jsonl', '/w/b.jsonl'] }, 'sort · data a.jsonl, b.jsonl'],
    ['rewards', {}, { rewards: ['/w/sort.reward.ts#order', '/w/form.py'] }, 'sort · rewards order, form'],
    ['reward files', {}, { rewards: ['/w/sort-recorded.reward.ts'] }, 'sort · rewards sort-recorded'],
    ['files of the same functions', { rewards: ['/w/a.reward.ts#f'] }, { rewards: ['/w/b.py#f'] }, 'sort · rewards b'],
    ['a weight', {}, { rewards: [{ file: '/w/sort.reward.ts', weight: 0.5 }] }, 'sort · rewards sort × 0.5'],
    ['what is long', {}, { prompt: { text: 'Q: {{ question }}, and think about it.\nA:' } }, 'sort · other prompt'],
    ['what follows another field', {}, { epsilon: 0.3, maxSteps: 20 }, 'sort · epsilon 0.3 · steps 20'],
    ['a device', {}, { device: 'cpu' }, 'sort · on cpu'],
  ])('%s', (_, before, now, label) => {
    expect(labels(run(before), run(now))).toEqual(['sort', label]);
  });

  test('at most three of it, unless it takes more to tell runs apart', () => {
    const [a, b] = [{ learningRate: 1e-3, beta: 0.1, numGenerations: 4, topK: 5 }, { topK: 9 }];
    expect(labels(run(), run(a), run({ ...a, ...b }))).toEqual([
      'sort',
      'sort · lr 1e-3 · beta 0.1 · generations 4',
      'sort · lr 1e-3 · beta 0.1 · generations 4 · topK 9',
    ]);
  });

  test('versions of the reward code, of the data and of the model, as many as there were', () => {
    const inputs = (dataset: string, model = 'm1') => ({
      inputs: { dataset: file(dataset), evalDataset: null, rollouts: null, model: [file(model)] },
    });
    expect(
      labels(
        run({}, { rewardSources: [source('a')], ...inputs('d1') }),
        run({}, { rewardSources: [source('b')], ...inputs('d1') }),
        run({}, { rewardSources: [source('c')], ...inputs('d2') }),
        run({ seed: 2 }, { rewardSources: [source('b')], ...inputs('d1', 'm2') }),
        run({ beta: 1 }, { rewardSources: [source('a')], ...inputs('d1') }),
      ),
    ).toEqual([
      'sort',
      'sort · rewards v2',
      'sort · rewards v3 · data v2',
      'sort · rewards v2 · model v2 · seed 2',
      'sort · beta 1',
    ]);
  });

  test('nothing: when it started', () => {
    const [first, ...others] = labels(run(), run(), run());
    expect(first).toBe('sort');
    for (const label of others) expect(label).toMatch(/^sort · \d+ \w+ \d\d:\d\d$/);
    const at = { createdAt: '2026-01-31T15:45:02.000Z' };
    const [, minute, second, third] = labels(run({}, at), run({}, at), run({}, at), run({}, at));
    expect(minute).toMatch(/:45$/);
    expect(second).toBe(`${minute}:02`);
    expect(third).toBe(`${second} (2)`);
  });

  test('nothing where the workspace was moved, and nothing of fields that an earlier release did not have', () => {
    const moved = { configFile: '/elsewhere/sort.grpo.json' };
    const there = config({
      model: '/elsewhere/m',
      dataset: '/elsewhere/d.jsonl',
      rewards: ['/elsewhere/sort.reward.ts'],
    });
    const { fp16: _, topK: __, ...old } = config();
    const [, a, b] = labels(run(), run({}, { ...moved, config: there }), run({}, { config: old as RunConfig }));
    for (const label of [a, b]) expect(label).toMatch(/^sort · \d+ \w+ \d\d:\d\d$/);
  });
});

describe('a label stays', () => {
  test('whatever later runs come and go', () => {
    const runs = [run(), run({ seed: 2 }), run({ beta: 1 }), run({ seed: 2, beta: 1 }), run({}, { name: 'add' })];
    const all = labels(...runs);
    for (let there = 1; there <= runs.length; there++)
      expect(labels(...runs.slice(0, there))).toEqual(all.slice(0, there));
    const [first, , third, fourth] = runs as [LabelledRun, LabelledRun, LabelledRun, LabelledRun];
    expect(labels(fourth, first, third)).toEqual([all[3], all[0], all[2]]);
  });

  test('when the run continues with other settings or code', () => {
    const start = config({ seed: 2 });
    const edited = { step: 5, at: '', field: 'rewardSources.sort.reward.ts', from: source('a'), to: source('b') };
    const changed = { startConfig: start, rewardSources: [source('b')], changes: [edited] };
    expect(labels(run({}, { rewardSources: [source('a')] }), run({ seed: 2, beta: 1 }, changed))[1]).toBe(
      'sort · seed 2',
    );
  });
});

test('a name that someone gave wins, and renames no other run', () => {
  const runs = [run({}, {}, { name: 'baseline' }), run({ seed: 2 }), run({ seed: 3 }, {}, { name: 'baseline' })];
  const [first, second, third] = labels(...runs);
  expect([first, second]).toEqual(['baseline', 'sort · seed 2']);
  expect(third).toMatch(/^baseline · \d+ \w+ \d\d:\d\d$/);
  // One that looks like a label is taken.
  expect(labels(run(), run({}, {}, { name: 'sort' }))[0]).toMatch(/^sort · \d+ \w+/);
});

test('numbers as people write them', () => {
  expect([0, 0.05, 1e-3, 2.5e-4, -1e-6, 512, 3e6, 0.1].map(shortNumber)).toEqual([
    '0',
    '0.05',
    '1e-3',
    '2.5e-4',
    '-1e-6',
    '512',
    '3e6',
    '0.1',
  ]);
});

test('500 runs are called apart', () => {
  const runs = Array.from({ length: 500 }, (_, i) => run({ seed: i % 20, learningRate: (1 + (i % 5)) / 1000 }));
  labels(...runs);
});
