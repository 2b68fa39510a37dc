import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { exportCompletions } from '../../../src/export/completions.ts';
import { openRuns } from '../../../src/export/exported-run.ts';
import { recordedFiles, type StepSpan } from '../../../src/export/recorded-lines.ts';
import { problem, temporaryFolder } from '../files/folder.ts';
import { lines, rowOf, runOf } from './run-of.ts';

async function exported(name: string, runs: string[], span?: StepSpan): Promise<string> {
  const file = join(temporaryFolder(), name);
  await exportCompletions(file, recordedFiles(openRuns(runs), span), () => {});
  // Nothing else is left beside it.
  expect(readdirSync(dirname(file))).toEqual([name]);
  return file;
}

const jsonLines = async (runs: string[], span?: StepSpan): Promise<Record<string, unknown>[]> =>
  readFileSync(await exported('all.jsonl', runs, span), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function parquetRows(...runs: string[]): Promise<Record<string, unknown>[]> {
  const { buffer } = new Uint8Array(readFileSync(await exported('all.parquet', runs)));
  return parquetReadObjects({ file: buffer });
}

const withSteps = () =>
  runOf({
    'rollouts/step-000001.jsonl': lines([rowOf()]),
    'rollouts/step-000002.jsonl': lines([rowOf({ step: 2, completion: '3 1' })]),
    'evaluations/step-000000.jsonl': lines([rowOf({ step: 0, advantage: undefined })]),
    'evaluations/step-000002.jsonl': lines([rowOf({ step: 2, advantage: undefined })]),
  });

const order = (rows: Record<string, unknown>[]) => rows.map(({ split, step }) => `${split} ${step}`);

describe('completions', () => {
  test('are those of all steps and evaluations, in the order in which they were recorded', async () => {
    expect(order(await jsonLines([withSteps()]))).toEqual(['eval 0', 'train 1', 'train 2', 'eval 2']);
    expect(order(await parquetRows(withSteps()))).toEqual(['eval 0', 'train 1', 'train 2', 'eval 2']);
  });

  test('are of a range of steps', async () => {
    expect(order(await jsonLines([withSteps()], { from: 2, to: 9 }))).toEqual(['train 2', 'eval 2']);
    expect(problem(() => recordedFiles(openRuns([withSteps()]), { from: 7, to: 9 }))).toBe(
      'There are no recorded completions of steps 7 to 9, only of 0 to 2.',
    );
  });

  test('of several runs say which run they are of', async () => {
    const [one, two] = [withSteps(), runOf({ 'rollouts/step-000001.jsonl': lines([rowOf()]) }, { name: 'other' })];
    const rows = await jsonLines([one!, two!]);
    expect(rows.map(({ run }) => run)).toEqual(['sort', 'sort', 'sort', 'sort', 'other']);
  });

  test('are read from a run that is being written: a torn last line is passed over', async () => {
    const torn = runOf({ 'rollouts/step-000001.jsonl': `${lines([rowOf()])}{"step":1,"compl` });
    expect(await jsonLines([torn])).toHaveLength(1);
    expect(await parquetRows(torn)).toHaveLength(1);
  });

  test('that are damaged are refused with file and line, and nothing is written', async () => {
    const damaged = runOf({ 'rollouts/step-000001.jsonl': lines([rowOf(), '{"step":', rowOf()]) });
    await expect(exported('all.parquet', [damaged])).rejects.toThrow(
      /step-000001\.jsonl:2: This line is not a recorded completion; exclude the step with --steps\.$/,
    );
  });

  test('of a run without any are missing, in a sentence', () => {
    expect(problem(() => recordedFiles(openRuns([runOf()])))).toMatch(
      /^There are no recorded completions in .* yet\.$/,
    );
  });
});

/** As a dataset may have them: nothing of this is what JavaScript would write. */
const EXACT =
  '{"big":9007199254740993,"whole":5.0,"huge":123456789012345678901234567890,"zero":-0.0,"list":[1.0,2],"10":"x","2":"y"}';

describe('numbers and nesting', () => {
  const run = (...columns: string[]) =>
    runOf({ 'rollouts/step-000001.jsonl': lines(columns.map((text) => withColumns(text))) });
  const withColumns = (text: string) => JSON.stringify(rowOf()).replace('{"answer":"1 3"}', text);

  test('are to the letter in JSON Lines', async () => {
    expect(readFileSync(await exported('all.jsonl', [run(EXACT)]), 'utf8')).toContain(EXACT);
  });

  test('are exact in Parquet: integers of 64 bits, and JSON for what has no type', async () => {
    const [row] = await parquetRows(run(EXACT));
    expect(row!.columns).toEqual({
      big: 9007199254740993n,
      whole: 5,
      huge: '123456789012345678901234567890',
      zero: -0,
      list: [1, 2],
      '10': 'x',
      '2': 'y',
    });
  });

  test('columns have the types that all rows have in common', async () => {
    const rows = await parquetRows(
      run('{"a":1,"b":[],"c":{"x":1},"d":true}', '{"a":2.5,"b":["x"],"c":{"y":"z"},"d":"yes","e":null}'),
    );
    expect(rows.map(({ columns }) => columns)).toEqual([
      { a: 1, b: [], c: { x: 1n, y: null }, d: 'true', e: null },
      { a: 2.5, b: ['x'], c: { x: null, y: 'z' }, d: '"yes"', e: null },
    ]);
  });

  test('an integer that a double would round does not become one', async () => {
    const rows = await parquetRows(run('{"a":9007199254740993}', '{"a":0.5}'));
    expect(rows.map(({ columns }) => columns)).toEqual([{ a: '9007199254740993' }, { a: '0.5' }]);
  });

  test('chats, scores and log-probabilities are lists and structs; scores are doubles, whole or not', async () => {
    const prompt = [{ role: 'user', content: 'Sort 3 1' }];
    const more = {
      prompt,
      rewards: { sorted: 1, short: null },
      logprobs: [-0.25, null],
      details: { sorted: { reason: 'ok' } },
    };
    const [row] = await parquetRows(runOf({ 'rollouts/step-000001.jsonl': lines([rowOf(more)]) }));
    expect(row).toMatchObject({ ...more, completion_ids: [3, 4], error: null, truncated: false });
  });

  test('names that JavaScript or Parquet might take for others stay', async () => {
    const columns = '{"constructor":{"a.b":1},"list":{"element":[{"":2}]}}';
    const [row] = await parquetRows(run(columns));
    expect(JSON.stringify(row!.columns, (_, value) => (typeof value === 'bigint' ? Number(value) : value))).toBe(
      columns,
    );
  });
});

test('a large run is written in several row groups', async () => {
  const long = 'x'.repeat(1e6);
  const step = (n: number) => [
    `rollouts/step-00000${n}.jsonl`,
    lines(Array(9).fill(rowOf({ step: n, completion: long }))),
  ];
  const file = await exported('all.parquet', [runOf(Object.fromEntries([step(1), step(2), step(3), step(4)]))]);
  const { row_groups: groups, num_rows: rows } = parquetMetadata(new Uint8Array(readFileSync(file)).buffer);
  expect(groups.map(({ num_rows }) => Number(num_rows))).toEqual([16, 16, 4]);
  expect(rows).toBe(36n);
});
