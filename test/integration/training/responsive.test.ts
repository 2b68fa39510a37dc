/** While a graph computes, which takes seconds with a batch this large, the trainer hears and answers. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import { Host, KILLED } from './host.ts';
import { eventsOf, startGrpo, tinyFiles, untilEvent, workspace } from './workspace.ts';

const SAMPLE = resolve('sample-workspace/sort.grpo.json');
const LARGE = ['promptsPerStep=64', 'numGenerations=16', 'maxSteps=3', 'evalDataset=null'];

const isPhase = (step: number, phase: string) => (event: TrainerEvent) =>
  event.type === 'phase' && event.step === step && event.phase === phase;
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The sample's model under a reward that writes down which process it runs in. */
const withReward = (): { config: string; pid: () => number } => {
  const folder = workspace({
    ...tinyFiles,
    'letters.reward.ts': `
import { writeFileSync } from 'node:fs';
writeFileSync('worker.pid', String(process.pid));
export const letters = ({ completion }: { completion: string }) => completion.length;
`,
    'run.grpo.json': {
      ...{
        model: resolve('sample-workspace/models/tiny-sort'),
        dataset: 'prompts.jsonl',
        rewards: ['letters.reward.ts'],
      },
      ...{ promptsPerStep: 32, numGenerations: 16, maxCompletionLength: 16, maxSteps: 3 },
    },
  });
  const file = join(folder, 'worker.pid');
  return { config: join(folder, 'run.grpo.json'), pid: () => Number(existsSync(file) && readFileSync(file, 'utf8')) };
};

test('answers at any time', async () => {
  const host = new Host({ configFile: SAMPLE, set: LARGE, out: join(workspace({}), 'run') });
  // One question at a time, so that there are many in the short phases of a fast machine, and few in flight on a slow one.
  const asking = setInterval(() => {
    if (host.unanswered === 0) host.send('status');
  }, 5);
  try {
    await host.until(({ type }) => type === 'end');
  } finally {
    clearInterval(asking);
  }
  expect(await host.exit).toBe(0);
  const { answers } = host;
  // One that was asked when it was already leaving.
  expect(host.unanswered).toBeLessThan(2);
  for (const event of host.events) {
    if (event.type !== 'step') continue;
    for (const phase of ['rollout', 'update'] as const) {
      const within = answers.filter((answer) => answer.step === event.step && answer.phase === phase);
      const seconds = within.map((answer) => answer.seconds);
      expect(seconds.length, `answers in ${phase} ${event.step}`).toBeGreaterThan(3);
      expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
      // Not one after the other when the graph was done.
      expect(seconds.at(-1)! - seconds[0]!).toBeGreaterThan(event.metrics[`time/${phase}`]! / 2);
      for (const answer of within) expect(answer).toMatchObject({ state: 'running', maxSteps: 3, device: 'cpu' });
    }
  }
  expect(answers[0]).toMatchObject({ state: 'loading', step: 0, device: null });
  expect(answers.at(-1)!.residentBytes).toBeGreaterThan(2 ** 20);
  const latencies = answers.map(({ latency }) => latency).sort((a, b) => a - b);
  const [median, worst] = [latencies[latencies.length >> 1]!, latencies.at(-1)!];
  console.log(`${answers.length} answers: median ${median.toFixed(1)} ms, worst ${worst.toFixed(0)} ms`);
});

test('knows that it is paused, and that it was asked to stop', async () => {
  const host = new Host({ configFile: SAMPLE, set: ['maxSteps=1000'], out: join(workspace({}), 'run') });
  await host.until(({ type }) => type === 'step');
  host.send('pause');
  expect(await host.untilStatus(({ state }) => state === 'paused')).toMatchObject({ phase: null });
  host.send('resume');
  await host.untilStatus(({ state, phase }) => state === 'running' && phase !== null);
  host.send('stop');
  expect(await host.untilStatus(() => true)).toMatchObject({ state: 'stopping' });
  expect(await host.exit).toBe(0);
});

test('ends in the middle of a step when told to terminate, and so does the reward worker', async () => {
  const { config, pid } = withReward();
  const host = new Host({ configFile: config });
  await host.until(isPhase(1, 'update'));
  const worker = pid();
  expect(isRunning(worker)).toBe(true);
  host.send('terminate');
  expect(await host.exit).toBe(KILLED);
  expect(host.events.at(-1)).toEqual({ type: 'phase', step: 1, phase: 'update' });
  while (isRunning(worker)) await sleep(20);
});

test.skipIf(process.platform === 'win32')('Ctrl-C is heard at once, and a second one ends the run', async () => {
  const { config, pid } = withReward();
  const { child, finished } = startGrpo(['train', config, '--json']);
  await untilEvent(child, isPhase(1, 'update'));
  const worker = pid();
  const heard = new Promise<void>((resolve) =>
    child.stderr!.on('data', (text: string) => text.includes('press Ctrl-C again') && resolve()),
  );
  child.kill('SIGINT');
  await heard;
  child.kill('SIGINT');
  const { signal, stdout } = await finished;
  expect(signal).toBe('SIGINT');
  expect(eventsOf(stdout).at(-1)).toEqual({ type: 'phase', step: 1, phase: 'update' });
  while (isRunning(worker)) await sleep(20);
});
