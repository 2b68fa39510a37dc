import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { loadRunConfig } from '../../../../src/config/load-config.ts';
import { recordedConfigText, recordedOverrides } from '../../../../src/extension/workspace/recorded-config.ts';

const SAMPLE = join(import.meta.dirname, '../../../../sample-workspace');

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-recorded-'));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  for (const name of ['sort.grpo.json', 'data', 'rewards', 'models', 'samples'])
    cpSync(join(SAMPLE, name), join(folder, name), { recursive: true });
  file = join(folder, 'sort.grpo.json');
});

/** A run as it was recorded with these overrides. */
const recorded = (...set: string[]) => ({ configFile: file, config: loadRunConfig(file, { set }).config });

/** What a config of this text, next to the other, is read as. */
function read(text: string) {
  const written = join(folder, 'again.grpo.json');
  writeFileSync(written, text);
  return loadRunConfig(written).config;
}

test('a run of the config as it still is: its text, to the letter', () => {
  expect(recordedConfigText(recorded())).toBe(readFileSync(file, 'utf8'));
  expect(recordedOverrides(recorded())).toEqual([]);
});

test.each([
  [['learningRate=0.01', 'seed=7']],
  [['lora={"r":4}', 'epsilon=0.3', 'beta=0.04']],
  [['rewards=["rewards/sort.reward.ts#ordering"]', 'rewards.0.weight=2']],
  [['evalDataset=null', 'evalSplit=0.5', 'epsilonHigh=0.28', 'numGenerationsEval=4']],
  [
    [
      'prompt={"user":"{{ prompt }}"}',
      'difficulty={"max":0.9}',
      'dataset=["data/sort.train.jsonl","data/sort.eval.jsonl"]',
      'evalDataset=null',
    ],
  ],
])('a run with %j: read again, it is the config that was recorded', (set) => {
  const run = recorded(...set);
  const text = recordedConfigText(run);
  expect(read(text)).toEqual(run.config);
  expect(text).toContain('// A tiny model');
  expect(text).not.toContain(folder);
  expect(loadRunConfig(file, { set: recordedOverrides(run) }).config).toEqual(run.config);
});

test('what has been edited since is as it was, and defaults need not be told', () => {
  const run = recorded('maxSteps=20');
  const edited = readFileSync(file, 'utf8').replace('"maxSteps": 100', '"maxSteps": 500,\n  "beta": 0.5');
  writeFileSync(file, edited);
  const text = recordedConfigText(run);
  expect(read(text)).toEqual(run.config);
  expect(text).not.toContain('beta');
  expect(recordedOverrides(run)).toEqual(['maxSteps=20', 'beta=0']);
});

test.each([
  ['is gone', () => rmSync(file)],
  ['cannot be read', () => writeFileSync(file, '{ "model": ')],
])('where the config %s, it is written from what was recorded', (_, spoil) => {
  const run = recorded('learningRate=0.01');
  spoil();
  const text = recordedConfigText(run);
  expect(read(text)).toEqual(run.config);
  expect(JSON.parse(text)).toMatchObject({ model: 'models/tiny-sort', learningRate: 0.01 });
  expect(JSON.parse(text)).not.toHaveProperty('temperature');
});

test("another model and other rewards; the editor's interpreter is left to the editor", () => {
  const model = join(folder, '.grpo/runs/a/checkpoints/step-000010');
  cpSync(join(folder, 'models/tiny-sort'), model, { recursive: true });
  const reward = { file: join(folder, 'rewards/sort.reward.ts'), function: 'ordering', weight: 0.5 };
  const run = recorded('python="/usr/bin/python3"');
  const config = read(recordedConfigText(run, { model, rewards: [reward] }));
  expect(config).toMatchObject({ model, rewards: [reward], python: null });
  expect(recordedOverrides(run)).toEqual([]);
});
