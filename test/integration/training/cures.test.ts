/** Sick runs that are trained again with the change that the button of their finding makes: the finding is gone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cureOf } from '../../../bench/doctor/cure.ts';
import { SICK_RUNS } from '../../../bench/doctor/subjects.ts';
import { trainSick } from '../../../bench/doctor/train.ts';

test.each([
  ['all-truncated', '`maxCompletionLength` is too small', 'maxCompletionLength'],
  ['no-signal', 'nearly greedy sampling of an easy reward', 'temperature'],
  ['weak-signal', 'few prompts can earn anything', 'dynamicSampling'],
  ['learning-rate', '`learningRate` is 0', 'learningRate'],
  ['learning-rate', '`learningRate` is far too small', 'learningRate'],
])('%s: %s', async (kind, cause, field) => {
  const sick = SICK_RUNS.find((run) => run.kind === kind && run.cause === cause)!;
  const folder = mkdtempSync(join(tmpdir(), 'grpo-cure-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const cure = await cureOf(kind, await trainSick(sick, folder), folder);
  expect(cure).toMatchObject({ remedy: { path: [field] }, left: [] });
});
