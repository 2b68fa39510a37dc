import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listCheckpointsLater } from '../../../src/run-folder/checkpoints.ts';
import { RunReader } from '../../../src/run-folder/read-run.ts';

const readRun = (folder: string, live: boolean) => new RunReader().read(folder, live);

const INFO = {
  ...{ version: 1, name: 'sort', configFile: '/w/sort.grpo.json', reason: null, step: 2, seed: 1, device: 'cpu' },
  ...{ createdAt: '2026-01-31T15:45:02.000Z', updatedAt: '2026-01-31T15:45:09.000Z', versions: {}, config: {} },
};

function runFolder(files: Record<string, string | object>): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-run-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
}

const running = (files: Record<string, string | object>) =>
  runFolder({ 'run.json': { ...INFO, state: 'running' }, ...files });

test('what it has come to, past a torn last line', async () => {
  const metrics = '{"step":1,"reward":1.5}\n{"step":2,"reward":2.5}\n{"step":3,"rew';
  const folder = runFolder({ 'run.json': { ...INFO, state: 'stopped' }, 'metrics.jsonl': metrics });
  expect(await readRun(folder, false)).toMatchObject({
    folder,
    status: 'stopped',
    live: false,
    measure: { kind: 'training', reward: 2 },
  });
});

test('what a run has come to is followed as it grows and as it is taken back', async () => {
  const line = (step: number) => `{"step":${step},"kl":0.125,"reward":${step}}\n`;
  const metrics = Array.from({ length: 5000 }, (_, step) => line(step)).join('');
  const folder = runFolder({ 'run.json': { ...INFO, state: 'done' }, 'metrics.jsonl': metrics });
  const reader = new RunReader();
  const read = async () => (await reader.read(folder, false))?.measure;
  expect(await read()).toMatchObject({ kind: 'training', reward: 4994.5, step: 4999 });
  appendFileSync(join(folder, 'metrics.jsonl'), '{"step":5000,"reward":7,"eval_reward":0.75}\n');
  expect(await read()).toMatchObject({ kind: 'held-out', reward: 0.75, step: 5000 });
  // Python writes spaces; what is not finite is null, and what is no row is passed over.
  const more = '{"step": 5001, "reward": 8.0, "eval_reward": 0.5}\n{"step":5002,"eval_reward":null}\n[5003]\n';
  appendFileSync(join(folder, 'metrics.jsonl'), more);
  expect(await read()).toMatchObject({ kind: 'held-out', reward: 0.5, step: 5001, best: 0.75, bestStep: 5000 });
  rmSync(join(folder, 'metrics.jsonl'));
  writeFileSync(join(folder, 'metrics.jsonl'), line(1));
  expect(await read()).toEqual({ kind: 'training', reward: 1, step: 1, best: 1, bestStep: 1 });
});

test('what people wrote about it; nothing, with a line for the log, where that cannot be read', async () => {
  const problems: string[] = [];
  const read = (about: string | object) =>
    new RunReader((message) => problems.push(message)).read(running({ 'about.json': about }), true);
  const about = { name: 'baseline', tags: ['paper'], pinned: true, owner: 'me' };
  expect(await read(about)).toMatchObject({ name: 'baseline', about });
  expect(problems).toEqual([]);
  for (const bad of ['{"name":', '[1]', '{"tags":"paper"}'])
    expect(await read(bad)).toMatchObject({ name: 'sort', about: {} });
  expect(problems).toHaveLength(3);
  expect(problems[0]).toMatch(/about\.json is not a JSON object with "name"/);
});

test('a run whose trainer is gone was interrupted; one whose trainer lives is running', async () => {
  const nobody = { pid: 2 ** 30, host: hostname() };
  expect(await readRun(running({}), false)).toMatchObject({ status: 'interrupted' });
  expect(await readRun(running({ 'trainer.lock': nobody }), false)).toMatchObject({ status: 'interrupted' });
  const somebody = { pid: process.ppid, host: hostname() };
  expect(await readRun(running({ 'trainer.lock': somebody }), false)).toMatchObject({ status: 'running', live: false });
  expect(await readRun(running({}), true)).toMatchObject({ status: 'running', live: true });
});

test('a folder without a run that can be read is none', async () => {
  expect(await readRun(runFolder({}), false)).toBeUndefined();
  expect(await readRun(runFolder({ 'run.json': '{"version":1' }), false)).toBeUndefined();
});

test('checkpoints, newest first, without half-written ones', async () => {
  const folder = runFolder({});
  for (const name of ['step-000040', '.step-000120.tmp', 'step-000100'])
    mkdirSync(join(folder, 'checkpoints', name), { recursive: true });
  expect((await listCheckpointsLater(folder)).map(({ step }) => step)).toEqual([40, 100]);
});
