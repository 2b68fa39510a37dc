/** A float16 run that is killed and resumed ends as if nothing had happened, the scale of its loss included. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stepName } from '../../src/protocol/run-folder.ts';
import {
  metricsOf,
  runGrpo,
  startGrpo,
  timeless,
  tinyWorkspace,
  untilEvent,
} from '../integration/training/workspace.ts';

const CONFIG = { device: 'webgpu', fp16: true, maxSteps: 5, saveSteps: 2, numIterations: 2, beta: 0.05 };
const synced = { syncRefModel: true, refModelSyncSteps: 2 };

test.each([
  ['all weights', { ...CONFIG, ...synced }],
  ['an adapter', { ...CONFIG, lora: { r: 2 } }],
])('%s', async (_, config) => {
  const folder = tinyWorkspace(config);
  const file = join(folder, 'run.grpo.json');
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  expect((await runGrpo('train', file, '--out', whole)).status).toBe(0);

  const first = startGrpo(['train', file, '--out', parts, '--json']);
  await untilEvent(first.child, (event) => event.type === 'phase' && event.step === 4 && event.phase === 'update');
  first.child.kill('SIGKILL');
  await first.finished;
  expect((await runGrpo('train', file, '--out', parts, '--resume')).status).toBe(0);

  expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
  const inLast = (run: string, name: string) => readFileSync(join(run, 'checkpoints', stepName(5), name));
  for (const name of ['grpo_optimizer.safetensors', 'trainer_state.json'])
    expect(inLast(parts, name).equals(inLast(whole, name)), name).toBe(true);
  const { updates, lossScale } = JSON.parse(inLast(parts, 'trainer_state.json').toString());
  expect(lossScale.goodUpdates).toBe(updates);
});
