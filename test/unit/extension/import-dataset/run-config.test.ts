import { expect, test } from 'vitest';
import { hubFolder, hubName } from '../../../../src/extension/import-dataset/hub.ts';
import {
  type ImportedRun,
  newConfig,
  tokenLimits,
  updatedConfig,
} from '../../../../src/extension/import-dataset/run-config.ts';
import { hasHeldOut, heldOutBeside, partsOf, wholeSplits } from '../../../../src/extension/import-dataset/splits.ts';
import type { DatasetSummary } from '../../../../src/protocol/dataset-summary.ts';
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';

const FILE = '/work space/gsm8k.grpo.json';
const RUN: ImportedRun = {
  model: '/work space/models/chat',
  dataset: '/work space/data/gsm8k',
  mapping: {
    prompt: { system: 'Be brief.', user: '{{ question }}' },
    columns: { answer: 'reward_model.ground_truth' },
  },
  reward: '/work space/rewards/correct.py',
  lora: true,
  evalPrompts: 16,
  heldOut: null,
  limits: { maxCompletionLength: 256 },
};

test('a new config is one that the schema takes, with paths from its folder', () => {
  const config = JSON.parse(newConfig(FILE, RUN));
  expect(config).toMatchObject({
    model: 'models/chat',
    dataset: 'data/gsm8k',
    rewards: ['rewards/correct.py'],
    evalSplit: 16,
  });
  const parsed = runConfigSchema.parse(config);
  expect(parsed).toMatchObject({ ...RUN.mapping, lora: { r: 8, loraAlpha: 16 }, learningRate: 1e-4 });
  const elsewhere = { ...RUN, model: '/models/chat', reward: null, lora: false, evalPrompts: 0 };
  const plain = JSON.parse(newConfig(FILE, { ...elsewhere, mapping: { prompt: null, columns: null } }));
  expect(plain).toMatchObject({ model: '/models/chat', rewards: [], learningRate: 1e-5 });
  for (const field of ['prompt', 'columns', 'lora', 'evalSplit']) expect(plain).not.toHaveProperty(field);
  runConfigSchema.parse(plain);
});

test('the held-out split of a dataset is what is evaluated on', () => {
  const config = JSON.parse(newConfig(FILE, { ...RUN, heldOut: '/work space/data/test.parquet' }));
  expect(config).toMatchObject({ evalDataset: 'data/test.parquet', evalPrompts: 16 });
  expect(config).not.toHaveProperty('evalSplit');
  runConfigSchema.parse(config);

  const beside = [
    'README.md',
    'test-00000-of-00001.parquet',
    'train-00000-of-00002.parquet',
    'train-00001-of-00002.parquet',
  ];
  expect(wholeSplits(beside)).toEqual([...beside.slice(0, 2), 'train-*-of-00002.parquet']);
  expect(heldOutBeside('/data/train-*-of-00002.parquet', beside)).toBe('/data/test-00000-of-00001.parquet');
  expect(heldOutBeside('/data/gsm8k.train.jsonl', ['gsm8k.validation.jsonl', 'gsm8k.test.jsonl'])).toBe(
    '/data/gsm8k.validation.jsonl',
  );
  for (const [dataset, sibling] of [
    ['trains.csv', 'tests.csv'],
    ['train.csv', 'test.jsonl'],
    ['gsm8k.jsonl', 'test.jsonl'],
  ] as const)
    expect(heldOutBeside(`/data/${dataset}`, [sibling]), dataset).toBeUndefined();
});

test('a config that there is keeps its comments and settings', () => {
  const text = `{
  // mine
  "model": "models/a", // small
  "dataset": "data/old.jsonl",
  "evalDataset": "data/old.eval.jsonl",
  "columns": { "x": "y" },
  "rewards": ["rewards/a.reward.ts#one"], // one
  "maxSteps": 7
}
`;
  const before = { dataset: 'data/old.jsonl', rewards: ['rewards/a.reward.ts#one'] };
  const updated = updatedConfig(text, FILE, { ...RUN, mapping: { prompt: 'question', columns: null } }, before);
  for (const kept of ['// mine', '// small', '// one', '"maxSteps": 7']) expect(updated).toContain(kept);
  const config = JSON.parse(updated.replaceAll(/\/\/.*/g, ''));
  expect(config).toEqual({
    model: 'models/chat',
    dataset: 'data/gsm8k',
    rewards: ['rewards/a.reward.ts#one', 'rewards/correct.py'],
    maxSteps: 7,
    evalSplit: 16,
    prompt: 'question',
  });
});

test('held-out prompts and rewards of a config that has the dataset already stay as they are', () => {
  const text =
    '{ "dataset": "data/gsm8k", "evalDataset": "data/e.jsonl", "rewards": [{ "file": "rewards/correct.py" }] }';
  const updated = JSON.parse(updatedConfig(text, FILE, RUN, JSON.parse(text)));
  expect(updated).toMatchObject({ evalDataset: 'data/e.jsonl', rewards: [{ file: 'rewards/correct.py' }] });
  expect(updated).not.toHaveProperty('evalSplit');
  const named = text.replace('{ "file": "rewards/correct.py" }', '"rewards/correct.py#correct"');
  expect(JSON.parse(updatedConfig(named, FILE, RUN, JSON.parse(named))).rewards).toEqual([
    'rewards/correct.py#correct',
  ]);
});

test('completions get as much room as the context has, and prompts that leave none are skipped', () => {
  const limits = (user: string, context: number, total: number | null = 500) =>
    tokenLimits({
      mapping: { prompt: { user }, columns: null },
      model: { path: 'm', chat: true, context },
      rows: { read: 500, total },
      lengths: { unit: 'tokens', count: 500, max: 100 },
    } as DatasetSummary);
  expect(limits('{{ q }}', 8192)).toEqual({ maxCompletionLength: 256 });
  expect(limits('Use <think> tags: {{ q }}', 8192)).toEqual({ maxCompletionLength: 512 });
  expect(limits('{{ q }}', 256)).toEqual({ maxCompletionLength: 156 });
  expect(limits('{{ q }}', 64)).toEqual({ maxCompletionLength: 16 });
  // Not all of them were looked at.
  expect(limits('{{ q }}', 8192, null)).toEqual({ maxCompletionLength: 256 });
  expect(limits('{{ q }}', 512, 7473)).toEqual({ maxCompletionLength: 256, maxPromptLength: 256 });
  expect(limits('{{ q }}', 256, 7473)).toEqual({ maxCompletionLength: 106, maxPromptLength: 150 });
});

test('the datasets of a folder, and whether it has a split to evaluate on', () => {
  const parts = (...files: string[]) =>
    partsOf(
      '/d/gsm8k',
      files.map((file) => `/d/gsm8k/${file}`),
    );
  expect(
    parts('main/train-00000-of-00001.parquet', 'main/test-00000-of-00001.parquet', 'socratic/train-0.parquet'),
  ).toEqual(['/d/gsm8k/main', '/d/gsm8k/socratic']);
  expect(parts('data/train-00000-of-00001.parquet', 'data/test-00000-of-00001.parquet')).toEqual(['/d/gsm8k']);
  expect(parts('train/a.jsonl', 'validation/a.jsonl')).toEqual(['/d/gsm8k']);
  expect(hasHeldOut('/d/latest', ['/d/latest/data/train-0.parquet'])).toBe(false);
  expect(hasHeldOut('/d/latest', ['/d/latest/data/test-0.parquet'])).toBe(true);
  expect(hasHeldOut('/d/x', ['/d/x/validation/a.jsonl'])).toBe(true);
});

test('names of the Hub, and addresses of its pages', () => {
  expect(hubName('openai/gsm8k')).toBe('openai/gsm8k');
  expect(hubName(' https://huggingface.co/datasets/HuggingFaceH4/MATH-500/viewer/default/test ')).toBe(
    'HuggingFaceH4/MATH-500',
  );
  for (const wrong of ['gsm8k', 'openai/gsm8k; rm -rf ~', 'a/b/c', '../x/$(y)', 'https://example.com/a/b', '-x/--y z'])
    expect(hubName(wrong), wrong).toBeUndefined();
  expect(hubFolder('HuggingFaceH4/MATH-500')).toBe('data/math-500');
});
