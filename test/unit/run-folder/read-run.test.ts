import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listCheckpointsLater } from '../../../src/run-folder/checkpoints.ts';
import { readRun } from '../../../src/run-folder/read-run.ts';

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

test('the last reward, past a torn last line', async () => {
  const metrics = '{"step":1,"reward":1.5}\n{"step":2,"reward":2.5}\n{"step":3,"rew';
  const folder = runFolder({ 'run.json': { ...INFO, state: 'stopped' }, 'metrics.jsonl': metrics });
  expect(await readRun(folder, false)).toMatchObject({ folder, status: 'stopped', live: false, lastReward: 2.5 });
});

test('the last reward of a long run', async () => {
  const metrics = Array.from({ length: 5000 }, (_, step) => `{"step":${step},"kl":0.125,"reward":${step}}\n`).join('');
  const folder = runFolder({ 'run.json': { ...INFO, state: 'done' }, 'metrics.jsonl': metrics });
  expect(await readRun(folder, false)).toMatchObject({ lastReward: 4999 });
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
