import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { DatasetColumns } from '../../../src/import/dataset-columns.ts';

const folder = mkdtempSync(join(tmpdir(), 'grpo-columns-'));
afterAll(() => rmSync(folder, { recursive: true }));

let columns: DatasetColumns;
beforeAll(async () => {
  const rows = [
    { prompt: 'Add 1 2', answer: 3 },
    { prompt: 'Add 1 2 3', answer: 6 },
    {
      prompt: [
        { role: 'system', content: 'Short.' },
        { role: 'user', content: 'Why?\nSay it.' },
      ],
      answer: 0,
    },
  ];
  writeFileSync(join(folder, 'data.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeFileSync(join(folder, 'a.reward.ts'), 'export const one = () => 1;\n');
  const file = join(folder, 'a.grpo.json');
  writeFileSync(file, JSON.stringify({ model: 'none', dataset: 'data.jsonl', rewards: ['a.reward.ts'] }));
  columns = await DatasetColumns.load(loadRunConfig(file, { for: 'scores' }));
});

it.each([
  ['as it is', 'Add 1 2', 3],
  ['in the template of Qwen', 'system\nBe kind.\nuser\nAdd 1 2\nassistant\n', 3],
  ['in that of Llama, whose roles follow without a line feed', 'user\n\nAdd 1 2 3assistant\n\n', 6],
  ['with several lines', 'system\nShort.\nuser\nWhy?\nSay it.\nassistant\n<think>\n', 0],
])('a prompt is found %s', (_, prompt, answer) => {
  expect(columns.of(prompt)).toEqual({ answer });
});

it.each(['user\nAdd 1 2 4\nassistant\n', 'user\nPlease Add 1 2\nassistant\n'])(
  'but not a part of one: %j',
  (prompt) => {
    expect(columns.of(prompt)).toBeUndefined();
  },
);
