import { beforeEach, expect, test } from 'vitest';
import { EditorTrainings } from '../../../../src/extension/assistant/editor-trainings.ts';
import type { EndedTraining } from '../../../../src/extension/training/news.ts';
import { failureOf } from '../../../../src/extension/training/outcome.ts';
import { deferred, settled } from '../fake-clock.ts';
import { FakeWindow, request } from '../training/fake-training.ts';

const runs = { get: () => undefined };
let window: FakeWindow;
let trainings: EditorTrainings<EndedTraining>;
let canceled: AbortController;
beforeEach(() => {
  window = new FakeWindow();
  trainings = new EditorTrainings(window.training, runs, failureOf);
  canceled = new AbortController();
});

const start = (name = 'a') => trainings.start(request(name), canceled.signal);

test('a start is settled with the run folder', async () => {
  const started = start();
  await settled();
  window.trainer.start('/runs/a');
  expect(await started).toBe('/runs/a');
  expect(window.training.active).toMatchObject({ stage: 'running', folder: '/runs/a' });
});

test('why a run does not begin is told', async () => {
  const started = start();
  await settled();
  const error = 'Unknown field "learningRte".';
  const end = { type: 'end', outcome: 'failed', step: 0, checkpoint: null, error } as const;
  window.trainer.exit({ end, code: 2 });
  await expect(started).rejects.toThrow(error);
});

test('a person who stops it before its first step is told of', async () => {
  window.preparing = deferred<void>().promise;
  const started = start();
  await settled();
  void window.training.stop();
  await expect(started).rejects.toThrow('a was stopped before its first step.');
});

test('one run trains at a time, and none waits in the queue for it', async () => {
  await window.running('a');
  await expect(start('b')).rejects.toThrow(/^a is training \(\/runs\/a\), and one run trains at a time/);
  expect(window.training.queue).toEqual([]);
});

test('a start that is canceled does not begin', async () => {
  const started = start();
  await settled();
  canceled.abort(new Error('Canceled.'));
  await expect(started).rejects.toThrow('Canceled.');
  expect(window.trainer.sent).toEqual(['terminate']);
  await settled();
  expect(window.training.active).toBeUndefined();
  await expect(start('b')).rejects.toThrow('Canceled.');
  expect(window.training.active).toBeUndefined();
});

test('a stop is settled when the run has ended', async () => {
  await window.running('a');
  let stopped: string | undefined;
  void trainings.stop('/runs/a', canceled.signal).then((text) => (stopped = text));
  await settled();
  expect(window.trainer.sent).toEqual(['stop']);
  expect(stopped).toBeUndefined();
  window.trainer.end('stopped');
  await settled();
  expect(stopped).toBe('stopped at step 9');
});

test('who no longer waits for a stop does not keep it from stopping', async () => {
  await window.running('a');
  const stopped = trainings.stop('/runs/a', canceled.signal);
  canceled.abort(new Error('Canceled.'));
  await expect(stopped).rejects.toThrow('Canceled.');
  expect(window.trainer.sent).toEqual(['stop']);
});

test('a run of another window is not stopped', async () => {
  await expect(trainings.stop('/runs/b', canceled.signal)).rejects.toThrow(
    '/runs/b is not training in this window. No run is training here.',
  );
  await window.running('a');
  await expect(trainings.stop('/runs/b', canceled.signal)).rejects.toThrow('/runs/a is training here.');
  expect(window.trainer.sent).toEqual([]);
});
