/** The trainer process as an editor hosts it: forked, events up and commands down an IPC channel. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import type { DifferenceChoice } from '../../../src/protocol/run-differences.ts';
import type { RewardSource } from '../../../src/protocol/run-folder.ts';
import { Host, KILLED } from './host.ts';
import { metricsOf, onlyRun, runInfoOf, tinyConfig, tinyWorkspace } from './workspace.ts';

const RIGHT = 'export const letters = ({ completion }: { completion: string }) => completion.length;\n';
const WRONG = 'export function letters() {\n  throw new Error("not yet");\n}\n';

const startHost = (folder: string, options: { resume?: boolean; differences?: DifferenceChoice } = {}): Host =>
  new Host({ configFile: join(folder, 'run.grpo.json'), ...options });

const isState = (state: string) => (event: TrainerEvent) => event.type === 'state' && event.state === state;
const isStep = (event: TrainerEvent) => event.type === 'step';

test('trains to the end', async () => {
  const host = startHost(tinyWorkspace());
  expect(await host.exit).toBe(0);
  expect(host.events.filter(isStep)).toHaveLength(3);
  expect(host.events.at(-1)).toMatchObject({ type: 'end', outcome: 'done', step: 3 });
});

test('pauses and continues, stops with a checkpoint, and resumes', async () => {
  const folder = tinyWorkspace({ maxSteps: 100_000 });
  const host = startHost(folder);
  await host.until(isStep);
  host.send('pause');
  await host.until(isState('paused'));
  const run = onlyRun(folder);
  expect(runInfoOf(run).state).toBe('paused');
  const paused = host.events.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(host.events).toHaveLength(paused);
  host.send('resume');
  await host.until(isStep, paused);
  host.send('stop');
  expect(await host.exit).toBe(0);
  const { step } = runInfoOf(run);
  const name = `step-${String(step).padStart(6, '0')}`;
  const checkpoint = join(run, 'checkpoints', name);
  expect(host.events.at(-1)).toEqual({ type: 'end', outcome: 'stopped', step, checkpoint });
  expect(metricsOf(run)).toHaveLength(step);

  const second = startHost(folder, { resume: true });
  expect(await second.until(({ type }) => type === 'start')).toMatchObject({ run, resumedFrom: step });
  second.send('stop');
  expect(await second.exit).toBe(0);
});

test('pauses when every reward fails, and continues when someone has fixed it', async () => {
  const folder = tinyWorkspace({}, { 'letters.reward.ts': WRONG });
  const host = startHost(folder);
  const reason = /Every completion of step 1 failed .*letters\.reward\.ts:2:\d+: letters: .*not yet/;
  expect(await host.until(isState('paused'))).toMatchObject({
    reason: expect.stringMatching(reason),
    problem: {
      kind: 'reward-failed',
      message: expect.stringMatching(reason),
      place: { file: join(folder, 'letters.reward.ts'), line: 2, column: expect.any(Number) },
      remedy: { action: 'fix-reward' },
    },
  });
  expect(runInfoOf(onlyRun(folder))).toMatchObject({ state: 'paused', reason: expect.stringMatching(reason) });

  // A mend that does not compile is told, not fatal.
  writeFileSync(join(folder, 'letters.reward.ts'), 'export const letters = (;\n');
  let seen = host.events.length;
  host.send('resume');
  const again = await host.until(isState('paused'), seen);
  expect(again).toMatchObject({
    reason: expect.stringMatching(/letters\.reward\.ts:1:\d+: /),
    problem: { message: expect.not.stringContaining('letters.reward.ts'), place: { line: 1 } },
  });

  writeFileSync(join(folder, 'letters.reward.ts'), RIGHT);
  seen = host.events.length;
  host.send('resume');
  await host.until(isState('running'), seen);
  expect(await host.exit).toBe(0);
  expect(host.events.at(-1)).toMatchObject({ type: 'end', outcome: 'done', step: 3 });

  const run = onlyRun(folder);
  const [change, ...others] = runInfoOf(run).changes!;
  expect(others).toEqual([]);
  expect(change).toMatchObject({ step: 1, field: 'rewardSources.letters.reward.ts' });
  const textOf = (version: unknown) => readFileSync(join(run, (version as RewardSource).copy), 'utf8');
  expect([textOf(change!.from), textOf(change!.to)]).toEqual([WRONG, RIGHT]);
  const told = host.events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
  expect(told).toContain('From step 1 on: letters.reward.ts has changed.');
});

test('a reward that is edited while someone has paused the run is used, and recorded with its step', async () => {
  const folder = tinyWorkspace({ maxSteps: 100_000 });
  const reward = join(folder, 'letters.reward.ts');
  const start = readFileSync(reward, 'utf8');
  const host = startHost(folder);
  await host.until(isStep);
  host.send('pause');
  await host.until(isState('paused'));
  const run = onlyRun(folder);
  const { step } = runInfoOf(run);
  // One that does not load pauses the run once more, and says why.
  writeFileSync(reward, 'export const letters = (');
  let seen = host.events.length;
  host.send('resume');
  expect(await host.until(isState('paused'), seen)).toMatchObject({ problem: { place: { line: 1 } } });
  writeFileSync(reward, 'export const letters = () => 7;\n');
  seen = host.events.length;
  host.send('resume');
  expect(await host.until(isStep, seen)).toMatchObject({ step: step + 1, metrics: { reward: 7 } });
  host.send('stop');
  expect(await host.exit).toBe(0);
  const [change, ...others] = runInfoOf(run).changes!;
  expect(others).toEqual([]);
  expect(change).toMatchObject({ step: step + 1, field: 'rewardSources.letters.reward.ts' });
  const textOf = (version: unknown) => readFileSync(join(run, (version as RewardSource).copy), 'utf8');
  expect([textOf(change!.from), textOf(change!.to)]).toEqual([start, 'export const letters = () => 7;\n']);
});

test('asks how to resume a run whose reward was edited, and is told', async () => {
  const folder = tinyWorkspace({ maxSteps: 1 });
  expect(await startHost(folder).exit).toBe(0);
  const run = onlyRun(folder);
  writeFileSync(join(folder, 'letters.reward.ts'), RIGHT);
  writeFileSync(join(folder, 'run.grpo.json'), JSON.stringify({ ...tinyConfig, maxSteps: 2 }));
  const asking = startHost(folder, { resume: true });
  expect(await asking.exit).toBe(2);
  const differences = [{ what: 'letters.reward.ts', from: null, to: null }];
  expect(asking.events).toEqual([
    { type: 'differences', run, step: 2, differences, problem: null },
    expect.objectContaining({ type: 'end', outcome: 'failed' }),
  ]);
  expect(await startHost(folder, { resume: true, differences: 'with-changes' }).exit).toBe(0);
  expect(runInfoOf(run).changes!.map(({ step, field }) => [step, field])).toEqual([
    [2, 'config.maxSteps'],
    [2, 'rewardSources.letters.reward.ts'],
  ]);
});

test('a stop while it waits for a better reward ends the run', async () => {
  const host = startHost(tinyWorkspace({}, { 'letters.reward.ts': WRONG }));
  await host.until(isState('paused'));
  host.send('stop');
  expect(await host.exit).toBe(0);
  expect(host.events.at(-1)).toMatchObject({
    type: 'end',
    outcome: 'stopped',
    step: 0,
    checkpoint: expect.any(String),
  });
});

test('stops automatically, with a checkpoint, when its host goes away', async () => {
  const folder = tinyWorkspace({ maxSteps: 100_000 });
  const host = startHost(folder);
  await host.until(isStep);
  host.leave();
  expect(await host.exit).toBe(0);
  const info = runInfoOf(onlyRun(folder));
  expect(info.state).toBe('stopped');
  expect(info.step).toBeGreaterThan(0);
});

test('ends at once when told to terminate; the run can be resumed', async () => {
  const folder = tinyWorkspace({ maxSteps: 100_000, saveSteps: 1 });
  const host = startHost(folder);
  await host.until(({ type }) => type === 'checkpoint');
  host.send('terminate');
  expect(await host.exit).toBe(KILLED);
  const second = startHost(folder, { resume: true });
  const start = await second.until(({ type }) => type === 'start');
  expect(start).toMatchObject({ resumedFrom: expect.toSatisfy((step: number) => step >= 1) });
  second.send('stop');
  expect(await second.exit).toBe(0);
});

test('bad input is an end too, with the sentence and its data', async () => {
  const folder = tinyWorkspace({ numGeneration: 4 });
  const host = startHost(folder);
  expect(await host.exit).toBe(2);
  expect(host.events).toEqual([
    {
      ...{ type: 'end', outcome: 'failed', step: 0, checkpoint: null },
      error: expect.stringMatching(/run\.grpo\.json:1:\d+: Unknown field "numGeneration"\..*"numGenerations"/),
      problem: {
        kind: 'config-field',
        message: 'Unknown field "numGeneration". Did you mean "numGenerations"?',
        place: {
          ...{ file: join(folder, 'run.grpo.json'), line: 1, column: expect.any(Number) },
          path: ['numGeneration'],
        },
        remedy: { action: 'edit', from: 'numGeneration', to: 'numGenerations' },
      },
    },
  ]);
});
