import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OverviewHost } from '../../../../src/extension/dashboard/tabs/overview-host.ts';
import { type HostMessage, hostMessage } from '../../../../src/protocol/dashboard.ts';

type Distribution = Extract<HostMessage, { type: 'distribution' }>;

let folder: string;
let told: Distribution[];
let host: OverviewHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-overview-'));
  mkdirSync(join(folder, 'rollouts'));
  told = [];
  host = new OverviewHost({ folder, post: (message) => told.push(hostMessage.parse(message) as Distribution) });
});
afterEach(() => {
  host.dispose();
  rmSync(folder, { recursive: true });
});

const fileOf = (step: number) => join(folder, `rollouts/step-${String(step).padStart(6, '0')}.jsonl`);
const write = (step: number, reward: number) =>
  writeFileSync(fileOf(step), `${JSON.stringify({ completion: 'a', reward, rewards: { f: reward } })}\n`);
const ask = (...steps: number[]) => host.answer({ type: 'distribution', steps });
const steps = () => told.flatMap((message) => message.steps);

it('tells the rewards of steps in the order in which they are wanted, some at a time', async () => {
  for (let step = 1; step <= 40; step++) write(step, step);
  await ask(...Array.from({ length: 40 }, (_, i) => 40 - i));
  expect(told.length).toBeGreaterThan(1);
  expect(steps().map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => 40 - i));
  expect(steps()[0]!.reward.values[0]).toBe(40);
});

it('says which it cannot read', async () => {
  write(2, 1);
  await ask(3, 2, 1);
  expect(told).toMatchObject([{ missing: [3, 1], steps: [{ step: 2 }] }]);
});

it('reads what is wanted now, not what was wanted before', async () => {
  for (let step = 1; step <= 300; step++) write(step, step);
  const first = ask(...Array.from({ length: 200 }, (_, i) => 1 + i));
  const second = ask(300, 299);
  await Promise.all([first, second]);
  const read = steps().map(({ step }) => step);
  expect(read).toEqual(expect.arrayContaining([300, 299]));
  expect(read.length).toBeLessThan(200);
});

it('reads a step again that was trained again', async () => {
  write(1, 1);
  await ask(1);
  write(1, 2);
  utimesSync(fileOf(1), 1, 1);
  await ask(1);
  expect(steps().map(({ reward }) => reward.values[0])).toEqual([1, 2]);
});

it('leaves messages of other tabs to them', () => {
  expect(host.answer({ type: 'rollouts', step: 1 })).toBeUndefined();
});
