import { beforeEach, expect, test } from 'vitest';
import type { Training } from '../../../../src/extension/training/training.ts';
import { deferred, settled } from '../fake-clock.ts';
import { FakeWindow, request } from './fake-training.ts';

let window: FakeWindow;
let training: Training;
beforeEach(() => {
  window = new FakeWindow();
  training = window.training;
});

test('a window that closes hands its trainer over, and starts nothing more', async () => {
  await window.running('a');
  window.add('b');
  await training.leave();
  expect(window.trainer.sent).toEqual(['stop']);
  window.trainer.end('stopped');
  await settled();
  expect(window.trainers).toHaveLength(1);
  expect(window.ended).toEqual([]);
});

test('a window that closes leaves its trainer to write a checkpoint', async () => {
  await window.running('a');
  await training.leave();
  training.dispose();
  expect(window.trainer.disposed).toBe(false);
});

test('a window that closes while a trainer is about to start leaves none behind', async () => {
  const preparing = deferred();
  window.preparing = preparing.promise;
  window.add('a');
  await training.leave();
  preparing.resolve();
  await settled();
  expect(window.trainers).toEqual([]);
});

test('a window that closes without leaving ends its trainer, and starts nothing more', async () => {
  await window.running('a');
  window.add('b');
  training.dispose();
  expect(window.trainer.disposed).toBe(true);
  window.trainer.exit({ signal: 'SIGKILL' });
  await settled();
  expect(window.trainers).toHaveLength(1);
});

test('a window that closes remembers the run in progress and those that wait, until it is over', async () => {
  await window.running('a');
  window.add('b');
  expect(window.memory.value).toEqual({ folder: '/runs/a', queued: [request('b')] });
  training.remove(training.queue[0]!);
  window.trainer.end();
  await settled();
  expect(window.memory.value).toBeUndefined();
});

test('a window that closes leaves what it remembers as it was', async () => {
  await window.running('a');
  window.add('b');
  await training.leave();
  void training.stop();
  window.trainer.end('stopped');
  await settled();
  expect(window.memory.value).toEqual({ folder: '/runs/a', queued: [request('b')] });
});
