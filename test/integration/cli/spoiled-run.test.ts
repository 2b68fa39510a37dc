/** Commands that read run folders, on files that someone has edited: a sentence with file and line, never a stack. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lines, rowOf, runOf } from '../../unit/export/run-of.ts';
import { grpo } from './run-grpo.ts';

const ROLLOUTS = 'rollouts/step-000001.jsonl';
const UPDATES = 'updates/step-000001.jsonl';
const run = (): string =>
  runOf({
    [ROLLOUTS]: lines([rowOf(), rowOf({ reward: 0, rewards: { sorted: 0 }, advantage: -0.5 })]),
    [UPDATES]: lines([{ entropies: [1, 2] }, { entropies: [1, 2] }]),
  });

async function refusal(...args: string[]): Promise<string> {
  const { status, stderr } = await grpo(args);
  expect({ status, lines: stderr.trimEnd().split('\n').length }, stderr).toEqual({ status: 2, lines: 1 });
  return stderr;
}

test.each([
  ['a line cut in half', (text: string) => `{"step":1,"gro\n${text}`],
  ['a line that is no object', (text: string) => `null\n${text}`],
  ['an object that is no completion', (text: string) => `{}\n${text}`],
  ['a number that is none', (text: string) => text.replace('"reward":1', '"reward":"NaN"')],
  ['a prompt that is none', (text: string) => text.replace('"prompt":"Sort 3 1:"', '"prompt":[null]')],
])('%s', async (_, spoil) => {
  const folder = run();
  const file = join(folder, ROLLOUTS);
  writeFileSync(file, spoil(readFileSync(file, 'utf8')));
  for (const args of [['explain'], ['report', '--out', join(folder, 'r.html')]])
    expect(await refusal(args[0]!, folder, ...args.slice(1))).toContain(`${file}:1: This line is not a completion`);
  const exported = await refusal('records', folder, '--completions', join(folder, 'all.parquet'));
  expect(exported).toContain(`${file}:1: This line is not a recorded completion`);
});

test('figures of tokens that are none, and a step without completions', async () => {
  const folder = run();
  writeFileSync(join(folder, UPDATES), '{"entropies":["x"]}\n');
  expect(await refusal('explain', folder)).toContain(`${join(folder, UPDATES)}:1: This line does not have the figures`);
  writeFileSync(join(folder, ROLLOUTS), '');
  expect(await refusal('explain', folder)).toContain('completions of step 1 are empty');
});

test('a run that does not say what it was trained with', async () => {
  const folder = run();
  const file = join(folder, 'run.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), config: {} }));
  for (const args of [['explain'], ['report', '--out', join(folder, 'r.html')]])
    expect(await refusal(args[0]!, folder, ...args.slice(1))).toContain(`${file}: "config" has no "model"`);
});

test('metrics and completions are written to files alone', async () => {
  const folder = run();
  expect(await refusal('records', folder, '--metrics', '-')).toContain('--metrics needs a file, such as metrics.csv');
  expect(await refusal('records', folder, '--completions', '-')).toContain('such as completions.jsonl');
});
