import { beforeEach, expect, test } from 'vitest';
import { continueAfterReload, type ReloadedWindow } from '../../../../src/extension/training/after-reload.ts';
import { Journal } from '../../../../src/extension/training/journal.ts';
import { trainingRequest } from '../../../../src/extension/workspace/request.ts';
import type { Run } from '../../../../src/run-folder/read-run.ts';
import { FakeClock, settled } from '../fake-clock.ts';
import { FakeMemory, request } from './fake-training.ts';

const UNFINISHED = { folder: '/runs/a', queued: [request('b')] };

let clock: FakeClock;
let memory: FakeMemory;
/** What happened, in order. */
let told: string[];
let window: ReloadedWindow;
/** Whether the trainer of the closed window still writes. */
let written: boolean;
/** The run as the list knows it. */
let named: { name: string } | undefined;
beforeEach(() => {
  clock = new FakeClock();
  memory = new FakeMemory();
  memory.value = UNFINISHED;
  told = [];
  written = false;
  named = undefined;
  window = {
    clock,
    journal: new Journal(memory),
    log: { info: () => {} },
    runs: { refresh: (folder) => void told.push(`refresh ${folder}`), get: () => named, scanned: Promise.resolve() },
    training: { add: ({ name, resume }) => void told.push(`add ${name} ${resume}`) },
    isWritten: async () => written,
    readRun: async () => run('stopped'),
    requestFor: async (folder, { info }) => trainingRequest(info.configFile, folder),
    continuesRuns: () => true,
    offer: async (text) => {
      told.push(text);
      return 'Resume';
    },
    resume: async (folder) => told.push(`resume ${folder}`),
    openDashboard: async () => {},
  };
});

const run = (status: Run['status']) =>
  ({ status, name: 'a', info: { name: 'a', configFile: '/w/a.grpo.json', step: 4 } }) as Run;

test('waits for the checkpoint of the closed window, then continues with all that waited', async () => {
  written = true;
  void continueAfterReload(window, UNFINISHED);
  await clock.go(10_000);
  expect(told).toEqual([]);
  written = false;
  named = undefined;
  await clock.go(200);
  expect(told).toEqual(['refresh /runs/a', 'add a /runs/a', 'add b undefined']);
});

test('waits no longer than a minute and a half', async () => {
  written = true;
  void continueAfterReload(window, UNFINISHED);
  await clock.go(89_000);
  expect(told).toEqual([]);
  await clock.go(2000);
  expect(told).toContain('add a /runs/a');
});

test('remembers the run while it waits: the window may be reloaded in turn', async () => {
  written = true;
  void continueAfterReload(window, UNFINISHED);
  await clock.go(10_000);
  expect(new Journal(memory).read()).toEqual(UNFINISHED);
  written = false;
  named = undefined;
  await clock.go(200);
  expect(new Journal(memory).read()).toBeUndefined();
});

test('does not forget what was started while it waited', async () => {
  written = true;
  void continueAfterReload(window, UNFINISHED);
  await clock.go(1000);
  window.journal.write('/runs/other', []);
  written = false;
  named = undefined;
  await clock.go(200);
  expect(memory.value).toEqual({ folder: '/runs/other', queued: [] });
});

test('offers it where the setting says no more', async () => {
  window.continuesRuns = () => false;
  named = { name: 'a · seed 4' };
  await continueAfterReload(window, UNFINISHED);
  expect(told).toEqual([
    'refresh /runs/a',
    'a · seed 4 stopped after step 4 because the window closed. 1 queued did not start.',
    'resume /runs/a',
    'add b undefined',
  ]);
});

test.each([
  ['is done', async () => run('done')],
  ['was deleted', async () => undefined],
])('leaves a run alone that %s', async (_, readRun) => {
  window.readRun = readRun;
  await continueAfterReload(window, UNFINISHED);
  await settled();
  expect(told).toEqual(['refresh /runs/a']);
});
