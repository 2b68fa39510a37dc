import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DatasetSummary } from '../../../src/protocol/dataset-summary.ts';
import { grpo, grpoJson, jsonlFile, referenceModel, temporaryFolder } from './run-grpo.ts';

/** In GSM8K's form. */
const ROWS = Array.from({ length: 30 }, (_, index) => ({
  question: `What is ${index} + 1?`,
  answer: `It is ${index + 1}.\n#### ${index + 1}`,
}));

const summarize = async (...args: string[]): Promise<DatasetSummary> => {
  const [summary] = await grpoJson<DatasetSummary>('data', ...args);
  return summary!;
};

test('a dataset is described, and its prompts are shown as a chat model sees them', async () => {
  const { folder } = referenceModel('qwen3');
  const file = jsonlFile(ROWS);
  const { status, stdout, stderr } = await grpo(['data', file, '--model', folder]);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`${file}: 30 rows`);
  expect(stdout).toMatch(/question {2}text {2}What is 0 \+ 1\?/);
  expect(stdout).toContain('"prompt": { "user": "{{ question }}" },');
  expect(stdout).toContain('│ What is 0 + 1?<|im_end|>↵\n  │ <|im_start|>assistant↵\n');
  expect(stdout).toMatch(
    /Lengths of 30 prompts in tokens:\n {2}shortest \d+, median \d+, 95 % at most \d+, longest \d+/,
  );
  expect(stdout).toContain('numericMatch and mathMatch read the answer behind the marks');
});

test('--json says the same as one object', async () => {
  const { folder } = referenceModel('qwen3');
  const summary = await summarize(jsonlFile(ROWS), '--model', folder, '--rows', '20');
  expect(summary).toMatchObject({
    rows: { read: 20, total: null },
    columns: [{ name: 'question', type: 'text' }, { name: 'answer' }],
    mapping: { prompt: { user: '{{ question }}' }, columns: null },
    model: { chat: true, context: 256 },
    lengths: { unit: 'tokens', count: 20 },
    problem: null,
  });
  expect(summary.prompts).toHaveLength(3);
  expect(summary.prompts[0]!.text).toMatch(
    /<\|im_start\|>user\nWhat is 0 \+ 1\?<\|im_end\|>\n<\|im_start\|>assistant\n$/,
  );
  expect(summary.examples[1]).toEqual({
    question: 'What is 1 + 1?',
    prompt: [{ role: 'user', content: 'What is 1 + 1?' }],
    answer: ROWS[1]!.answer,
  });
});

test('a model without a chat template is asked in plain text, with the tokens that its tokenizer adds', async () => {
  const rows = [{ prompt: [{ role: 'user', content: 'ab' }] }];
  const file = jsonlFile(rows);
  const chat = await summarize(file, '--model', referenceModel('qwen3').folder);
  expect(chat.mapping.prompt).toBeNull();
  const folder = join(import.meta.dirname, '../../../sample-workspace/models/tiny-sort');
  const { mapping, prompts, model } = await summarize(jsonlFile([{ problem: 'Sort 1 0:' }]), '--model', folder);
  expect(model!.chat).toBe(false);
  expect(mapping.prompt).toEqual({ text: 'Question: {{ problem }}\nAnswer:' });
  expect(prompts[0]!.text).toContain('Question: Sort 1 0:\nAnswer:');
});

test('plain prompts for a model with a chat template are noted, with the mapping to use instead', async () => {
  const { folder } = referenceModel('qwen3');
  const notesOf = async (...args: string[]) =>
    (await summarize(...args, '--model', folder)).findings.filter(({ kind }) => kind === 'plain-prompts');
  const remedy = { action: 'set', path: ['prompt'], value: { user: '{{ question }}' } };
  expect(await notesOf(jsonlFile(ROWS), '--prompt', 'question')).toMatchObject([{ severity: 'warning', remedy }]);
  expect(await notesOf(jsonlFile(ROWS))).toEqual([]);
  const written = jsonlFile([{ prompt: '<|im_start|>user\nab<|im_end|>\n<|im_start|>assistant\n' }]);
  expect(await notesOf(written)).toEqual([]);
});

test('a mapping of one’s own, and one of a run config', async () => {
  const file = jsonlFile(ROWS);
  const own = await summarize(file, '--prompt', '{ "text": "Q: {{ question }}" }', '--columns', '{ "gold": "answer" }');
  expect(own.prompts[0]).toMatchObject({ text: 'Q: What is 0 + 1?', tokens: null });
  expect(own.examples[0]).toMatchObject({ gold: ROWS[0]!.answer });
  expect(own.lengths!.unit).toBe('characters');
  expect((await summarize(file, '--prompt', 'question')).examples[0]).toMatchObject({ prompt: 'What is 0 + 1?' });

  const folder = temporaryFolder();
  mkdirSync(join(folder, 'rewards'));
  writeFileSync(join(folder, 'rewards/a.reward.ts'), 'export const a = () => 1;\n');
  const config = join(folder, 'a.grpo.json');
  const fields = { dataset: file, prompt: { user: 'Hey, {{ question }}' }, rewards: ['rewards/a.reward.ts'] };
  writeFileSync(config, JSON.stringify({ model: referenceModel('qwen3').folder, ...fields }));
  for (const args of [[config], [jsonlFile(ROWS), '--config', config]]) {
    const { prompts, model } = await summarize(...args);
    expect(model!.chat).toBe(true);
    expect(prompts[0]!.text).toContain('<|im_start|>user\nHey, What is 0 + 1?<|im_end|>');
  }
});

test('what nothing can be made of is said: exit status 2', async () => {
  const file = jsonlFile([...ROWS, { question: null, answer: '1' }]);
  const cases: [args: string[], message: RegExp][] = [
    [
      [file, '--prompt', '{ "user": "{{ questoin }}" }'],
      /^--prompt: "prompt.user" uses "questoin".*Did you mean "question"\?\n$/,
    ],
    [[file, '--columns', '{ "answer": "anwser" }'], /^--columns: .*"anwser".*Did you mean "answer"\?\n$/],
    [[file, '--prompt', 'question'], /:31: This row has no "question"/],
    [[file, '--prompt', '{ "usr": 1 }'], /--prompt must be what "prompt" can be in a run config/],
    [[file, '--prompt', '{ "user": '], /--prompt is not valid JSON/],
    [[join(temporaryFolder(), 'none.jsonl')], /none\.jsonl/],
    [[file, '--model', temporaryFolder()], /config\.json/],
  ];
  for (const [args, message] of cases) {
    const { status, stderr } = await grpo(['data', ...args]);
    expect(stderr, args.join(' ')).toMatch(message);
    expect(status, args.join(' ')).toBe(2);
  }
});

test('rows without anything like a prompt are described all the same', async () => {
  const summary = await summarize(jsonlFile([{ nums: [1, 2], target: 3 }]));
  expect(summary).toMatchObject({ prompts: [], lengths: null, problem: null, proposal: { promptColumn: null } });
  expect(summary.findings[0]!.kind).toBe('no-prompt-column');
});

test('a CSV file', async () => {
  const file = join(temporaryFolder(), 'questions.csv');
  writeFileSync(
    file,
    `question,answer\n${ROWS.map(({ question }, index) => `"${question}",${index + 1}`).join('\n')}\n`,
  );
  const summary = await summarize(file);
  expect(summary.columns.map(({ name, type }) => `${name}: ${type}`)).toEqual(['question: text', 'answer: integer']);
  expect(summary).toMatchObject({ rows: { read: 30, total: 30 }, proposal: { answer: 'answer' } });
});

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const lacksPyarrow = spawnSync(python, ['-c', 'import pyarrow']).status !== 0;
if (lacksPyarrow)
  console.log(`Skipped: ${python} has no pyarrow, so no Parquet file was written (set GRPO_TEST_PYTHON).`);

test.skipIf(lacksPyarrow)('Parquet files', async () => {
  const file = join(temporaryFolder(), 'train.parquet');
  const script = `
import pyarrow as pa, pyarrow.parquet as pq
rows = 3000
pq.write_table(pa.table({
    "prompt": [[{"role": "user", "content": f"What is {i} + 1?"}] for i in range(rows)],
    "reward_model": [{"ground_truth": str(i + 1), "style": "rule"} for i in range(rows)],
}), ${JSON.stringify(file)}, row_group_size=1000)`;
  execFileSync(python, ['-c', script]);
  const summary = await summarize(file, '--rows', '50');
  expect(summary.columns.map(({ type }) => type)).toEqual(['chat messages', '{ ground_truth: text, style: text }']);
  expect(summary).toMatchObject({
    rows: { read: 50, total: 3000 },
    mapping: { prompt: null, columns: { answer: 'reward_model.ground_truth' } },
  });
  expect(summary.prompts[0]).toEqual({ text: 'user: What is 0 + 1?', tokens: null, answer: '1' });
});

test("a name on the Hub says how to download it, another path that leads nowhere doesn't", async () => {
  const named = await grpo(['data', 'openai/gsm8k']);
  expect([named.status, named.stderr]).toEqual([
    2,
    'The dataset openai/gsm8k does not exist. If this is a dataset of the Hugging Face Hub, download it (hf download openai/gsm8k --repo-type dataset --local-dir data/gsm8k) and name its folder.\n',
  ]);
  const other = await grpo(['data', 'data/train.jsonl']);
  expect(other.status).toBe(2);
  expect(other.stderr).toMatch(/^The dataset \S+train\.jsonl does not exist\.\n$/);
});
