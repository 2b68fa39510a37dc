/** `reportTo`: other programs hear of a run's metrics while it trains, and nothing that happens to them ends it. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import { type ReadEvent, readEvents } from '../../unit/tensorboard/read-events.ts';
import { metricsOf, tinyWorkspace, trainHere } from './workspace.ts';

const eventsOf = (run: string): ReadEvent[] =>
  readdirSync(join(run, 'tensorboard'))
    .sort()
    .flatMap((name) => readEvents(readFileSync(join(run, 'tensorboard', name))));

const scalars = (run: string): [number, number | undefined][] =>
  eventsOf(run).flatMap(({ step, scalars }) => (scalars ? [[step, scalars['train/reward']]] : []));

const told = (events: readonly TrainerEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'log' && event.level === 'warning' && event.message.startsWith('Reporting') ? [event.message] : [],
  );

test('TensorBoard gets each step as it is recorded', async () => {
  const folder = tinyWorkspace({ reportTo: ['tensorboard'], evalDataset: 'prompts.jsonl', evalSteps: 2 });
  const seen: number[] = [];
  const run = join(folder, 'run');
  await trainHere(join(folder, 'run.grpo.json'), {
    out: run,
    onEvent: ({ type }) => type === 'step' && seen.push(scalars(run).length),
  });
  expect(seen).toEqual([2, 3, 4]);
  const rows = metricsOf(run);
  const rewards = rows.map(({ step, reward }) => [step, reward === undefined ? undefined : Math.fround(reward!)]);
  expect(scalars(run)).toEqual(rewards);
  const { scalars: last } = eventsOf(run).at(-1)!;
  expect(last).toMatchObject({ 'eval/reward': Math.fround(rows.at(-1)!.eval_reward!) });
});

test('a run that reports from a later session on also tells what came before', async () => {
  const folder = tinyWorkspace({ maxSteps: 2 });
  const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
  await trainHere(config, { out: run });
  expect(readdirSync(run)).not.toContain('tensorboard');
  // Neither is a difference that anyone is asked about.
  const set = ['maxSteps=3', 'reportTo=["tensorboard"]'];
  await trainHere(config, { out: run, resume: true, set });
  expect(scalars(run).map(([step]) => step)).toEqual([1, 2, 3]);
  expect(eventsOf(run).find(({ starts }) => starts)).toMatchObject({ step: 3 });
});

test('what cannot be written costs a warning, not the run', async () => {
  const folder = tinyWorkspace({ reportTo: ['tensorboard'], maxSteps: 2, saveSteps: 1 });
  const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
  await trainHere(config, { out: run });
  rmSync(join(run, 'tensorboard'), { recursive: true });
  writeFileSync(join(run, 'tensorboard'), 'in the way');
  const { result, events } = await trainHere(config, { out: run, resume: true, set: ['maxSteps=4'] });
  expect(result).toMatchObject({ outcome: 'done', step: 4 });
  expect(told(events)).toEqual([
    expect.stringMatching(/^Reporting to tensorboard has stopped: .*EEXIST.*\. Training continues\.$/),
  ]);
});

/** What stands for an interpreter: it ends at once, or after the first steps. */
const INTERPRETERS: [string, string, RegExp][] = [
  ['without trackio', 'exit 3', /^Reporting to trackio has stopped: .*python has no trackio: install it with ".*"/],
  [
    'that dies',
    'read run; read step; echo "ValueError: no space" >&2; exit 1',
    /: trackio did not take the run: ValueError: no space\. Training continues\.$/,
  ],
];

test.skipIf(process.platform === 'win32').each(INTERPRETERS)(
  'trackio in an interpreter %s costs a warning, not the run',
  async (_, script, warning) => {
    const folder = tinyWorkspace({ reportTo: ['trackio', 'tensorboard'], python: './python', maxSteps: 3 });
    writeFileSync(join(folder, 'python'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const run = join(folder, 'run');
    const { result, events } = await trainHere(join(folder, 'run.grpo.json'), { out: run });
    expect(result).toMatchObject({ outcome: 'done', step: 3 });
    expect(told(events)).toEqual([expect.stringMatching(warning)]);
    // The warning comes before the end, and the other report goes on.
    expect(events.at(-1)!.type).toBe('end');
    expect(scalars(run).map(([step]) => step)).toEqual([1, 2, 3]);
  },
);
