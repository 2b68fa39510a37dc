import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { temporaryFolder } from '../files/folder.ts';

const config = runConfigSchema.parse({
  model: '/home/me/numbers/models/tiny',
  dataset: '/home/me/numbers/data.jsonl',
  rewards: ['/home/me/numbers/sort.reward.ts'],
  maxSteps: 3,
  learningRate: 1e-3,
});

const INFO = {
  version: 1,
  name: 'sort',
  configFile: '/home/me/numbers/sort.grpo.json',
  createdAt: '2026-11-28T05:00:00.000Z',
  updatedAt: '2026-11-28T05:00:09.000Z',
  state: 'done',
  reason: null,
  step: 2,
  seed: 42,
  device: 'cpu',
  versions: { 'grpo-lab': '0.1.0' },
  config,
};

/** A completion as it is recorded. */
export const rowOf = (row: object = {}): object => ({
  step: 1,
  group: 0,
  prompt: 'Sort 3 1:',
  prompt_ids: [1, 2],
  completion: '1 3',
  completion_ids: [3, 4],
  rewards: { sorted: 1 },
  reward: 1,
  advantage: 0.5,
  length: 2,
  truncated: false,
  error: null,
  columns: { answer: '1 3' },
  ...row,
});

export const lines = (rows: readonly (object | string)[]): string =>
  rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');

/** A run folder with these files beside `run.json`, in which `info` replaces fields. */
export function runOf(files: Record<string, string> = {}, info: object = {}): string {
  const folder = join(temporaryFolder(), 'run');
  for (const [path, text] of Object.entries({ 'run.json': JSON.stringify({ ...INFO, ...info }), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
