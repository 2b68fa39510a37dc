/** Memory and compiled graphs stay bounded however long a run is; `npm run bench -- memory` shows it over 500 steps of a sample. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import { residentBytes } from '../../../src/rewards/process-memory.ts';
import { measureSteps } from '../../../src/trainer/measure.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import { metricsOf, onlyRun, rewardWorker, runGrpo, tinyWorkspace, trainerScript } from './workspace.ts';

const MEBIBYTE = 2 ** 20;
/** Prompts of many lengths, so that batches have many shapes. */
const prompts = Array.from({ length: 40 }, (_, n) => ({ prompt: 'count to it '.repeat(1 + (n % 6)), n }));
const CONFIG = { maxCompletionLength: 24, beta: 0.01, numIterations: 2, gradientAccumulationSteps: 2 };

test.skipIf(process.platform === 'win32')(
  'the trainer needs no more memory after 160 steps than after 60',
  { timeout: 300_000 },
  async () => {
    const folder = tinyWorkspace(
      { ...CONFIG, maxSteps: 160, saveSteps: 25, saveTotalLimit: 1 },
      { 'prompts.jsonl': prompts },
    );
    const trainer = fork(trainerScript, [JSON.stringify({ configFile: join(folder, 'run.grpo.json') })]);
    onTestFinished(() => void trainer.kill('SIGKILL'));
    const resident = new Map<number, Promise<number | undefined>>();
    trainer.on('message', (event: TrainerEvent) => {
      if (event.type === 'step') resident.set(event.step, residentBytes(trainer.pid!));
    });
    expect(await once(trainer, 'exit')).toEqual([0, null]);
    // Garbage makes single figures jump; the least of many does not.
    const least = async (from: number, to: number): Promise<number> => {
      const figures = await Promise.all(Array.from({ length: to - from }, (_, i) => resident.get(from + i)));
      return Math.min(...figures.filter((bytes) => bytes !== undefined));
    };
    const [warm, end] = [await least(40, 80), await least(120, 160)];
    // A copy of the weights kept at each update would be 24 MiB by then.
    expect((end - warm) / MEBIBYTE).toBeLessThan(15);
  },
);

const restarts = process.platform === 'linux' && 'execve' in process;

test.skipIf(!restarts)('`grpo train` returns freed memory to the system, as a trainer of the editor does', async () => {
  // How malloc was told is in the environment that the trainer started with, and not in that of what it starts.
  const rewards = `
import { readFileSync } from 'node:fs';
const IS_SET = /^MALLOC_MMAP_THRESHOLD_=/m;
const lines = (variables: string[]) => variables.join('\\n');
export const told = () => Number(IS_SET.test(lines(readFileSync('/proc/' + process.ppid + '/environ', 'utf8').split('\\0'))));
export const inherited = () => Number(IS_SET.test(lines(Object.keys(process.env).map((name) => name + '='))));
`;
  const files = ['environment.reward.ts#told', 'environment.reward.ts#inherited'];
  const folder = tinyWorkspace({ rewards: files, maxSteps: 1 }, { 'environment.reward.ts': rewards });
  expect(await runGrpo('train', join(folder, 'run.grpo.json'))).toMatchObject({ status: 0 });
  expect(metricsOf(onlyRun(folder))[0]).toMatchObject({ 'rewards/told/mean': 1, 'rewards/inherited/mean': 0 });
});

test('a run compiles a handful of graphs, whatever the lengths of its prompts and completions', async () => {
  const folder = tinyWorkspace({ ...CONFIG, maxSteps: 100 }, { 'prompts.jsonl': prompts });
  const run = await prepareRun(loadRunConfig(join(folder, 'run.grpo.json')), { rewardWorker });
  onTestFinished(() => run.rewards.close());
  await measureSteps(run, 20);
  // Generation, reference, gradient at the first pass and at later ones, optimizer: a few sizes of each.
  expect(run.engine.compilations).toBeLessThan(20);
});

test('rollouts of any lengths share their graphs', async () => {
  const row = (step: number, promptLength: number, completionLength: number) => ({
    step,
    prompt_ids: Array(promptLength).fill(5),
    completion_ids: Array.from({ length: completionLength }, (_, i) => 6 + (i % 9)),
    rewards: { length: completionLength },
  });
  // The longest prompt and completion of each step.
  const longest = [
    [3, 6],
    [40, 17],
    [70, 33],
    [1, 1],
    [9, 110],
    [130, 65],
  ] as const;
  const rows = longest.flatMap(([prompt, completion], step) =>
    [prompt, Math.ceil(prompt / 2)].flatMap((length) =>
      [completion, 1, Math.ceil(completion / 3), 2].map((each) => row(step, length, each)),
    ),
  );
  const folder = tinyWorkspace(
    { ...CONFIG, maxCompletionLength: 128, rewards: [], maxSteps: longest.length },
    { 'rollouts.jsonl': rows },
  );
  const options = { rewardWorker, rollouts: join(folder, 'rollouts.jsonl') };
  const run = await prepareRun(loadRunConfig(join(folder, 'run.grpo.json')), options);
  onTestFinished(() => run.rewards.close());
  await measureSteps(run, longest.length - 1);
  // Reference, gradient at the first pass and at the later one, clipping, AdamW of a layer and of the rest.
  expect(run.engine.compilations).toBe(6);
});
