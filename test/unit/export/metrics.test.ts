import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRuns } from '../../../src/export/exported-run.ts';
import { exportMetrics } from '../../../src/export/metrics-csv.ts';
import { exportTensorBoard } from '../../../src/export/tensorboard.ts';
import { problem, temporaryFolder } from '../files/folder.ts';
import { readEvents } from '../tensorboard/read-events.ts';
import { lines, runOf } from './run-of.ts';

const METRICS = lines([
  { step: 0, eval_reward: 0.1 },
  { step: 1, reward: 0.30000000000000004, step_time: 2 },
]);

test('CSV has a line for each run and step, and the columns of all; a torn last line is no row', async () => {
  const one = runOf({ 'metrics.jsonl': `${METRICS}{"step":2,"rew` });
  const two = runOf(
    { 'metrics.jsonl': lines([{ step: 1, reward: null, 'rewards/a,b/mean': 1e-7 }]) },
    { name: 'a "b"' },
  );
  const file = join(temporaryFolder(), 'metrics.csv');
  await exportMetrics(file, openRuns([one, two]));
  expect(readFileSync(file, 'utf8').split('\r\n')).toEqual([
    'run,step,eval_reward,reward,step_time,"rewards/a,b/mean"',
    'sort,0,0.1,,,',
    'sort,1,,0.30000000000000004,2,',
    '"a ""b""",1,,,,1e-7',
    '',
  ]);
});

test('a run without metrics gives the heading alone', async () => {
  const file = join(temporaryFolder(), 'metrics.csv');
  await exportMetrics(file, openRuns([runOf()]));
  expect(readFileSync(file, 'utf8')).toBe('run,step\r\n');
});

test('runs are called as people call them, each differently', () => {
  const named = runOf({ 'about.json': '{"name":"the good one","tags":["best"]}' });
  const [first, second] = [runOf({ 'about.json': 'torn' }), runOf()];
  const labels = openRuns([named, first, second]).map(({ label }) => label);
  expect(labels[0]).toBe('the good one');
  expect(labels.slice(1)).toEqual(['sort run', 'sort run (2)']);
  expect(openRuns([first, second], ['a', 'b']).map(({ label }) => label)).toEqual(['a', 'b']);
  expect(problem(() => openRuns([first, second], ['a']))).toMatch(/^--label must be given once for each of the 2 runs/);
  expect(problem(() => openRuns([temporaryFolder()]))).toMatch(/^There is no run in /);
});

test('event files have a folder for each run, with the times that the steps took', () => {
  const run = runOf({ 'metrics.jsonl': METRICS }, { name: 'a/b' });
  const target = temporaryFolder();
  const folders = exportTensorBoard(target, openRuns([run]));
  expect(folders).toEqual([join(target, 'a-b')]);
  const [name] = readdirSync(folders[0]!);
  const events = readEvents(readFileSync(join(folders[0]!, name!)));
  const start = Date.parse('2026-11-28T05:00:00.000Z') / 1000;
  expect(events.slice(3)).toEqual([
    { wallTime: start, step: 0, scalars: { 'eval/reward': expect.closeTo(0.1, 6) } },
    { wallTime: start + 2, step: 1, scalars: { 'train/reward': expect.closeTo(0.3, 6), 'train/step_time': 2 } },
  ]);
  expect(JSON.parse(events[2]!.texts!['args/text_summary']!)).toMatchObject({ learningRate: 1e-3 });
});

test('labels that file names cannot tell apart have folders of their own', () => {
  const runs = openRuns([runOf({ 'metrics.jsonl': METRICS }), runOf({ 'metrics.jsonl': METRICS })], ['a/b', 'A:b']);
  const target = temporaryFolder();
  expect(exportTensorBoard(target, runs)).toEqual([join(target, 'a-b'), join(target, 'A-b (2)')]);
});

test('a place that cannot be written is told in a sentence', async () => {
  const missing = join(temporaryFolder(), 'no', 'metrics.csv');
  await expect(exportMetrics(missing, openRuns([runOf()]))).rejects.toThrow(
    `${missing} cannot be written: its folder does not exist.`,
  );
});
