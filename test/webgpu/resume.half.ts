/** A float16 run that is killed and resumed ends as if nothing had happened, the scale of its loss included. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stepName } from '../../src/protocol/run-folder.ts';
import { compareUpdates, prepareTrlRun } from '../integration/training/trl-run.ts';
import {
  metricsOf,
  runGrpo,
  startGrpo,
  timeless,
  tinyWorkspace,
  untilEvent,
} from '../integration/training/workspace.ts';

/** Runs it whole, and once more, killed during an update and resumed; gives the two folders. */
async function twice(file: string, killedAt: number, ...options: string[]): Promise<[whole: string, parts: string]> {
  const [whole, parts] = [join(file, '../whole'), join(file, '../parts')];
  const { status, stderr } = await runGrpo('train', file, '--out', whole, ...options);
  expect(status, stderr).toBe(0);
  const first = startGrpo(['train', file, '--out', parts, ...options, '--json']);
  await untilEvent(
    first.child,
    (event) => event.type === 'phase' && event.step === killedAt && event.phase === 'update',
  );
  first.child.kill('SIGKILL');
  await first.finished;
  expect((await runGrpo('train', file, '--out', parts, ...options, '--resume')).status).toBe(0);
  return [whole, parts];
}

const half = ['--set', 'device=webgpu', '--set', 'fp16=true'];

test('an adapter, to the last bit', async () => {
  const config = { maxSteps: 5, saveSteps: 2, numIterations: 2, beta: 0.05, lora: { r: 2 } };
  const [whole, parts] = await twice(join(tinyWorkspace(config), 'run.grpo.json'), 4, ...half);
  expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
  const inLast = (run: string, name: string) => readFileSync(join(run, 'checkpoints', stepName(5), name));
  for (const name of ['grpo_optimizer.safetensors', 'trainer_state.json'])
    expect(inLast(parts, name).equals(inLast(whole, name)), name).toBe(true);
  expect(JSON.parse(inLast(parts, 'trainer_state.json').toString())).toMatchObject({
    updates: 10,
    lossScale: { scale: 65536, goodUpdates: 10 },
  });
});

test('all weights', async () => {
  // Its first gradients overflow: the scale that was found is part of what goes on.
  const name = 'grpo-plain-kl';
  const { configFile, rollouts } = await prepareTrlRun(name);
  const options = ['--rollouts', rollouts, '--set', 'saveSteps=1', ...half];
  const ends = (await twice(configFile, 3, ...options)).map((run) => join(run, 'checkpoints', stepName(3)));
  const [wholeState, state] = ends.map((end) => JSON.parse(readFileSync(join(end, 'trainer_state.json'), 'utf8')));
  expect(state).toEqual(wholeState);
  expect(state.lossScale.scale).toBeLessThan(65536);
  // WebGPU adds up the embeddings' gradient in any order, in float32 too: two whole runs differ in last bits.
  const { cosine, length } = compareUpdates(name, ends[1]!, ends[0]!);
  expect(cosine).toBeGreaterThan(0.9999);
  expect(length).toBeCloseTo(1, 3);
});
