import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunList } from '../../../../src/extension/workspace/run-list.ts';
import { RunReader } from '../../../../src/run-folder/read-run.ts';
import { deferred, FakeClock, settled } from '../fake-clock.ts';
import { FakeFolders, run } from './fake-folders.ts';

let folders: FakeFolders;
let clock: FakeClock;
let list: RunList;
let changes: number;
const open = async () => {
  list = new RunList(folders, clock);
  list.onDidChangeRuns(() => changes++);
  await list.scanned;
};
beforeEach(() => {
  folders = new FakeFolders();
  clock = new FakeClock();
  changes = 0;
});
afterEach(() => list.dispose());

const names = () => list.runs.map(({ folder }) => folder);
const step = (folder: string, number: number) =>
  list.emit(folder, { type: 'step', step: number, metrics: { step: number, reward: number / 10 } });

test('has the runs that were there, the newest first', async () => {
  folders.add('/a', { createdAt: '2026-01-01' });
  folders.add('/b', { createdAt: '2026-02-01' });
  await open();
  expect(names()).toEqual(['/b', '/a']);
});

describe('folders that come and go', () => {
  test('are read once for many file events, and shown together', async () => {
    await open();
    folders.add('/a');
    folders.add('/b');
    changes = 0;
    for (let i = 0; i < 5; i++) for (const folder of ['/a', '/b']) list.refresh(folder);
    await clock.go(150);
    expect(folders.reads).toEqual([]);
    await clock.go(50);
    expect(folders.reads).toEqual(['/a', '/b']);
    expect(names()).toEqual(['/a', '/b']);
    expect(changes).toBe(1);
  });

  test('are as they are on disk, in whatever order the events come', async () => {
    folders.add('/a');
    await open();
    // Created, deleted and created again: the watcher tells the last first.
    list.refresh('/a');
    folders.runs.delete('/a');
    await clock.go(200);
    expect(names()).toEqual([]);
    folders.add('/a', { step: 7 });
    list.refresh('/a');
    await clock.go(200);
    expect(list.get('/a')?.info.step).toBe(7);
  });

  test('that come while others are read are read next', async () => {
    folders.add('/a');
    await open();
    folders.holding = true;
    list.refresh('/a');
    await clock.go(200);
    folders.add('/b');
    list.refresh('/b');
    await clock.go(1000);
    expect(names()).toEqual(['/a']);
    folders.holding = false;
    await folders.answer('first');
    await clock.go(200);
    expect(names()).toEqual(['/a', '/b']);
  });

  test('are found when a workspace folder is added, and go with one that is removed', async () => {
    folders.add('/a');
    await open();
    folders.runs.delete('/a');
    folders.add('/b');
    await list.scan();
    expect(names()).toEqual(['/b']);
  });

  test('that come while the workspace is searched stay', async () => {
    await open();
    const finding = deferred();
    folders.finding = finding.promise;
    const scanning = list.scan();
    await settled();
    folders.add('/a');
    list.refresh('/a');
    await clock.go(200);
    expect(names()).toEqual(['/a']);
    finding.resolve();
    await scanning;
    expect(names()).toEqual(['/a']);
  });

  test('do not come back when they were read before they left the workspace', async () => {
    folders.add('/a');
    await open();
    folders.holding = true;
    list.refresh('/a');
    await clock.go(200);
    folders.runs.delete('/a');
    const scanning = list.scan();
    await settled();
    await folders.answer('first');
    await scanning;
    expect(names()).toEqual([]);
  });

  test('are searched again after a search that failed', async () => {
    await open();
    folders.finding = Promise.reject(new Error('no such folder'));
    await expect(list.scan()).rejects.toThrow('no such folder');
    folders.finding = Promise.resolve();
    folders.add('/a');
    await list.scan();
    expect(names()).toEqual(['/a']);
  });
});

describe('our own runs', () => {
  test('are live between attach and detach, and get what is sent', async () => {
    folders.add('/a');
    await open();
    const sent: string[] = [];
    await list.attach('/a', ({ type }) => void sent.push(type));
    list.send('/a', { type: 'pause' });
    expect(list.get('/a')?.live).toBe(true);
    await list.detach('/a');
    list.send('/a', { type: 'resume' });
    expect(list.get('/a')?.live).toBe(false);
    expect(sent).toEqual(['pause']);
  });

  test('are not live any more when an older reading ends after the one of their end', async () => {
    folders.add('/a');
    await open();
    await list.attach('/a', () => {});
    folders.holding = true;
    list.refresh('/a');
    await clock.go(200);
    const detached = list.detach('/a');
    await settled();
    await folders.answer('last');
    await folders.answer('last');
    await detached;
    expect(list.get('/a')?.live).toBe(false);
  });

  test('have the trainer’s steps, which come sooner than its files', async () => {
    folders.add('/a');
    await open();
    await list.attach('/a', () => {});
    step('/a', 3);
    expect(list.get('/a')).toMatchObject({ info: { step: 3 } });
    list.refresh('/a');
    await clock.go(200);
    expect(list.get('/a')).toMatchObject({ info: { step: 3 } });
    folders.add('/a', { step: 4 });
    list.refresh('/a');
    await clock.go(200);
    expect(list.get('/a')?.info.step).toBe(4);
  });

  test('that were rewound have the step that they continue from', async () => {
    folders.add('/a', { step: 9 });
    await open();
    folders.add('/a', { step: 6 });
    await list.attach('/a', () => {});
    expect(list.get('/a')?.info.step).toBe(6);
  });

  test('are read after a reading that failed', async () => {
    folders.add('/a');
    await open();
    const failing = deferred();
    const { read } = folders;
    folders.read = async () => {
      await failing.promise;
      throw new Error('EIO');
    };
    const failed = list.attach('/a', () => {});
    await settled();
    const ended = list.detach('/a');
    folders.read = read;
    failing.resolve();
    await expect(failed).rejects.toThrow('EIO');
    await ended;
    expect(list.get('/a')?.live).toBe(false);
  });

  test('stay when the folder is in no workspace folder', async () => {
    await open();
    folders.add('/elsewhere');
    await list.attach('/elsewhere', () => {});
    folders.find = async () => [];
    await list.scan();
    expect(names()).toEqual(['/elsewhere']);
  });
});

test('looks every five seconds at runs that are trained elsewhere, and only at those', async () => {
  folders.add('/a');
  folders.add('/b', { status: 'done' });
  await open();
  folders.reads = [];
  folders.add('/a', { status: 'interrupted' });
  await clock.go(4900);
  expect(folders.reads).toEqual([]);
  await clock.go(300);
  expect(folders.reads).toEqual(['/a']);
  expect(list.get('/a')?.status).toBe('interrupted');
  await clock.go(20_000);
  expect(folders.reads).toEqual(['/a']);
});

test('waits for nothing after it is disposed of', async () => {
  folders.add('/a');
  await open();
  folders.holding = true;
  list.refresh('/a');
  await clock.go(200);
  list.refresh('/a');
  list.dispose();
  changes = 0;
  await folders.answer('first');
  expect(clock.waiting).toBe(0);
  expect(changes).toBe(0);
});

describe('with real folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grpo-run-list-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const see = async () => {
    list.refresh(folder);
    const changed = new Promise<void>((resolve) => list.onDidChangeRuns(resolve));
    await clock.go(200);
    await changed;
    return list.get(folder)?.info.name;
  };

  test('a torn run.json is no run until it is whole, and a deleted one is none any more', async () => {
    list = new RunList({ find: async () => [], read: (folder, live) => new RunReader().read(folder, live) }, clock);
    await list.scanned;
    mkdirSync(folder, { recursive: true });
    const text = JSON.stringify({ ...run(folder).info, name: 'whole' });
    writeFileSync(join(folder, 'run.json'), text.slice(0, 50));
    expect(await see()).toBeUndefined();
    appendFileSync(join(folder, 'run.json'), text.slice(50));
    expect(await see()).toBe('whole');
    rmSync(join(folder, 'run.json'));
    expect(await see()).toBeUndefined();
  });
});
