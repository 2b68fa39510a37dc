import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RolloutsHost } from '../../../../src/extension/dashboard/tabs/rollouts-host.ts';
import type { TabContext } from '../../../../src/extension/dashboard/tabs/tab-host.ts';
import { type HostMessage, hostMessage } from '../../../../src/protocol/dashboard.ts';
import { EMPTY_QUERY } from '../../../../src/protocol/rollout-query.ts';

let folder: string;
let host: RolloutsHost;
let posted: Extract<HostMessage, { id: number }>[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-rollouts-host-'));
  mkdirSync(join(folder, 'rollouts'));
  posted = [];
  const post = (message: HostMessage) => posted.push(hostMessage.parse(message) as (typeof posted)[0]);
  host = new RolloutsHost({ folder, post } as unknown as TabContext);
});
afterEach(() => {
  host.dispose();
  rmSync(folder, { recursive: true });
});

/** Steps of so many completions, all different. */
function write(steps: number, completions: number): void {
  for (let step = 1; step <= steps; step++) {
    const rows = Array.from({ length: completions }, (_, i) => ({
      ...{ step, group: 0, prompt: 'p', completion: `apple ${step} ${i}`, completion_ids: [], rewards: {}, reward: 1 },
      ...{ advantage: 0, length: 1, truncated: false, error: null },
    }));
    const file = join(folder, 'rollouts', `step-${String(step).padStart(6, '0')}.jsonl`);
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}
const search = (id: number, text: string) => host.answer({ type: 'search', id, query: { ...EMPTY_QUERY, text } });
const hits = (id: number) =>
  posted.flatMap((message) => (message.type === 'hits' && message.id === id ? message.hits : []));

test('a search tells what it finds, and when it is done', async () => {
  write(5, 3);
  await search(1, 'apple');
  expect(hits(1)).toHaveLength(15);
  expect(posted.at(-1)).toMatchObject({ id: 1, searched: 5, of: 5, done: true, full: false, unreadable: 0 });
  posted = [];
  await search(2, 'pear');
  expect(posted.at(-1)).toMatchObject({ id: 2, done: true, hits: [] });
});

test('a search ends with as many hits as can be shown', async () => {
  write(3, 900);
  await search(1, 'apple');
  expect(hits(1)).toHaveLength(2000);
  expect(posted.at(-1)).toMatchObject({ done: true, full: true });
});

test('the next search ends the one before, a cancel the last; prompts are collected beside them', async () => {
  write(40, 3);
  const first = search(1, 'apple');
  const second = search(2, 'apple 1 ');
  const prompt = host.answer({ type: 'promptGroups', id: 7, prompt: 'p' });
  await Promise.all([first, second, prompt]);
  expect(posted.filter(({ id }) => id === 1).some((message) => 'done' in message && message.done)).toBe(false);
  expect(hits(2)).toHaveLength(3);
  const groups = posted.flatMap((message) => (message.type === 'promptGroups' ? message.groups : []));
  expect(groups.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => 40 - i));
  posted = [];
  const third = search(3, 'apple');
  await host.answer({ type: 'cancel', what: 'search' });
  await third;
  expect(posted).toEqual([]);
});

test('messages of other tabs are not answered', () => {
  expect(host.answer({ type: 'rollouts', step: 1 })).toBeUndefined();
});
