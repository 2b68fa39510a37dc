/** A run that was stopped or killed, and resumed, ends as if nothing had happened. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import {
  eventsOf,
  metricsOf,
  runGrpo,
  runInfoOf,
  startGrpo,
  timeless,
  tinyWorkspace,
  trainHere,
  untilEvent,
} from './workspace.ts';

// More than one, so that what depends on the order of threads would show.
process.env.ORT_INTRA_OP_NUM_THREADS = '2';

/** Everything that has state: a reference that moves, an entropy bonus that adapts, passes that share `old`, a schedule, rounded weights on disk. */
const CONFIG = {
  maxSteps: 6,
  numIterations: 2,
  gradientAccumulationSteps: 2,
  beta: 0.05,
  syncRefModel: true,
  refModelSyncSteps: 2,
  refModelMixupAlpha: 0.6,
  useAdaptiveEntropy: true,
  entropyTarget: 10,
  lrSchedulerType: 'cosine',
  warmupSteps: 1,
  checkpointDtype: 'bfloat16',
  evalDataset: 'prompts.jsonl',
  evalSteps: 2,
};

describe('a run that continues', () => {
  test('after Ctrl-C, and again after kill -9, equals one that never stopped', async () => {
    const folder = tinyWorkspace({ ...CONFIG, saveSteps: 2 });
    const config = join(folder, 'run.grpo.json');
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    expect((await runGrpo('train', config, '--out', whole)).status).toBe(0);

    const first = startGrpo(['train', config, '--out', parts, '--json']);
    await untilEvent(first.child, (event) => event.type === 'phase' && event.step === 3 && event.phase === 'rollout');
    first.child.kill('SIGINT');
    const { status, stdout } = await first.finished;
    expect(status).toBe(130);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: 'end', outcome: 'stopped', step: 3 });
    expect(runInfoOf(parts)).toMatchObject({ state: 'stopped', step: 3 });

    const second = startGrpo(['train', config, '--out', parts, '--resume', '--json']);
    await untilEvent(second.child, (event) => event.type === 'phase' && event.step === 5 && event.phase === 'update');
    second.child.kill('SIGKILL');
    expect((await second.finished).signal).toBe('SIGKILL');

    const third = await runGrpo('train', config, '--out', parts, '--resume', '--json');
    expect(third.status).toBe(0);
    expect(eventsOf(third.stdout).find(({ type }) => type === 'start')).toMatchObject({ resumedFrom: 4 });

    expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    expect(metricsOf(parts).map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const same = (...path: string[]) =>
      expect(readFileSync(join(parts, ...path)).equals(readFileSync(join(whole, ...path))), path.join('/')).toBe(true);
    for (const folder of ['rollouts', 'updates', 'evaluations']) {
      const files = readdirSync(join(whole, folder));
      expect(readdirSync(join(parts, folder))).toEqual(files);
      for (const file of files) same(folder, file);
    }
    expect(readdirSync(join(whole, 'updates'))).toHaveLength(6);
    expect(readdirSync(join(whole, 'evaluations'))).toHaveLength(4);
    // Also what is kept in full: weights, moments and the reference.
    for (const file of ['model.safetensors', 'grpo_optimizer.safetensors', 'trainer_state.json'])
      same('checkpoints', stepName(6), file);
  });

  test('a finished run that is given more steps continues from its end', async () => {
    const folder = tinyWorkspace({ maxSteps: 2, lrSchedulerType: 'constant' });
    const config = join(folder, 'run.grpo.json');
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    await trainHere(config, { out: whole, set: ['maxSteps=3'] });
    await trainHere(config, { out: parts });
    expect((await runGrpo('train', config, '--out', parts, '--resume', '--set', 'maxSteps=3')).status).toBe(0);
    expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    expect(runInfoOf(parts)).toMatchObject({ state: 'done', step: 3, config: { maxSteps: 3 } });
  });

  test('from an earlier checkpoint, nothing stays of the steps that are undone', async () => {
    const folder = tinyWorkspace({ ...CONFIG, maxSteps: 4, saveSteps: 2, evalSteps: 1 });
    const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
    await trainHere(config, { out: run });
    const stepsIn = (name: string) => readdirSync(join(run, name)).map((file) => Number(/\d+/.exec(file)?.[0]));
    expect(['rollouts', 'updates', 'evaluations'].map(stepsIn)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
    rmSync(join(run, 'checkpoints', stepName(4)), { recursive: true });
    // As of a process that was killed while it wrote.
    writeFileSync(join(run, 'updates', `.${stepName(4)}.jsonl.tmp`), '{');
    const { status, stderr } = await runGrpo('train', config, '--out', run, '--resume', '--set', 'maxSteps=3');
    expect(status, stderr).toBe(0);
    expect(['rollouts', 'updates', 'evaluations'].map(stepsIn)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [0, 1, 2, 3],
    ]);
    expect(metricsOf(run).map(({ step }) => step)).toEqual([0, 1, 2, 3]);
  });

  test('a stop that waits in the event loop when a step ends is heard before the next one begins', async () => {
    const folder = tinyWorkspace();
    const control = new RunControl();
    const { result, events } = await trainHere(join(folder, 'run.grpo.json'), {
      control,
      onEvent: ({ type }) => {
        if (type === 'step') setImmediate(() => control.stop());
      },
    });
    expect(result).toMatchObject({ outcome: 'stopped', step: 1, checkpoint: expect.stringMatching(/step-000001$/) });
    expect(events.some((event) => event.type === 'phase' && event.step === 2)).toBe(false);
  });

  test('not from a checkpoint of another model, which is left as it is', async () => {
    const folder = tinyWorkspace({ maxSteps: 1 });
    const config = join(folder, 'run.grpo.json');
    const run = join(folder, 'run');
    await trainHere(config, { out: run });
    const before = readFileSync(join(run, 'run.json'), 'utf8');
    const other = join(import.meta.dirname, '../../references/fixtures/models/qwen3');
    const set = ['--set', 'maxSteps=2', '--set', `model=${other}`];
    const { status, stderr } = await runGrpo('train', config, '--out', run, '--resume', ...set, '--with-changes');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^.*grpo_optimizer\.safetensors: This checkpoint is of another model .*\n$/m);
    expect(readFileSync(join(run, 'run.json'), 'utf8')).toBe(before);
  });
});
