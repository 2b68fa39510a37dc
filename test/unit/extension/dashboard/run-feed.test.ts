import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunFeed } from '../../../../src/extension/dashboard/run-feed.ts';
import { RunStream } from '../../../../src/extension/dashboard/run-stream.ts';
import { type HostMessage, hostMessage } from '../../../../src/protocol/dashboard.ts';
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';
import type { RunInfo } from '../../../../src/protocol/run-folder.ts';
import { readCompletions } from '../../../../src/run-folder/rollouts.ts';

let folder: string;
let feed: RunFeed | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-feed-'));
});
afterEach(() => {
  vi.useRealTimers();
  feed?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function writeInfo(changes: Partial<RunInfo> = {}): void {
  const info: RunInfo = {
    version: 1,
    name: 'sort',
    configFile: '/w/sort.grpo.json',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    state: 'running',
    reason: null,
    step: 0,
    seed: 42,
    device: 'cpu',
    versions: {},
    config: runConfigSchema.parse({ model: 'm', dataset: 'd.jsonl', rewards: ['a.reward.ts'] }),
    ...changes,
  };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(info));
}

const writeStep = (step: number) =>
  appendFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify({ reward: step / 10, step })}\n`);

/** What a webview would have been told, checked and copied as on its way there. */
function follow(isOurs = false) {
  const messages: HostMessage[] = [];
  const post = (message: HostMessage) => {
    messages.push(hostMessage.parse(structuredClone(message)));
  };
  const followed = new RunFeed(
    folder,
    () => ({ name: 'sort · seed 4', about: { note: 'A note.' }, live: isOurs }),
    () => stream.update(),
  );
  const stream = new RunStream(followed, true, post);
  feed = followed;
  return { feed: followed, stream, messages };
}

const rewards = (messages: HostMessage[]) =>
  messages.flatMap((message) => ('columns' in message ? [...(message.columns.values.reward ?? [])] : []));

describe('a run on its way to the dashboard', () => {
  it('is sent whole, then only what is new, at most ten times a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    writeInfo();
    writeStep(1);
    writeStep(2);
    const { messages, feed } = follow();
    const passMilliseconds = async (milliseconds: number) => {
      await vi.advanceTimersByTimeAsync(milliseconds);
      // Files are read in real time, which the feed's clock does not see.
      await delay(5);
    };
    while (rewards(messages).length < 2) await passMilliseconds(10);
    const before = messages.length;
    const started = performance.now();
    for (let step = 3; step <= 52; step++) {
      writeStep(step);
      feed.changed();
      await passMilliseconds(10);
    }
    while (rewards(messages).length < 52) await passMilliseconds(10);
    const tenths = (performance.now() - started) / 100;
    expect(messages.slice(before).every(({ type }) => type === 'append')).toBe(true);
    expect(messages.length - before).toBeLessThanOrEqual(tenths + 1);
    expect(rewards(messages).at(-1)).toBe(5.2);
  });

  it('is sent whole again to a webview that was away', async () => {
    writeInfo();
    writeStep(1);
    const { messages, stream } = follow();
    await expect.poll(() => rewards(messages)).toEqual([0.1]);
    messages.length = 0;
    stream.restart();
    expect(messages.map(({ type }) => type)).toEqual(['snapshot']);
    expect(rewards(messages)).toEqual([0.1]);
  });

  it('tells whose trainer runs it: ours, another one, or none any more', async () => {
    writeInfo();
    const seen = (messages: HostMessage[]) =>
      messages.flatMap((message) => ('head' in message ? [message.head.trainer] : [])).at(-1);
    const first = follow();
    await expect.poll(() => seen(first.messages)).toBe('none');
    writeFileSync(join(folder, 'trainer.lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
    first.feed.changed();
    await expect.poll(() => seen(first.messages)).toBe('other');
    first.feed.dispose();
    const second = follow(true);
    await expect.poll(() => seen(second.messages)).toBe('ours');
  });

  it('has the completions of the step in training as soon as these are written, whoever trains it', async () => {
    mkdirSync(join(folder, 'rollouts'));
    writeInfo();
    const { messages } = follow();
    const scored = () => messages.flatMap((message) => ('head' in message ? [message.head.scored] : [])).at(-1);
    await expect.poll(() => scored()).toBe(0);
    writeFileSync(join(folder, 'rollouts', 'step-000001.jsonl'), '');
    await expect.poll(() => scored()).toBe(1);
    writeInfo({ step: 1 });
    await delay(200);
    expect(scored()).toBe(1);
  });

  it('appears when a folder that was empty becomes a run', async () => {
    const { messages } = follow();
    await delay(50);
    expect(messages).toEqual([]);
    writeInfo({ state: 'failed', reason: 'The disk is full.' });
    await expect.poll(() => messages.map(({ type }) => type)).toEqual(['snapshot']);
    expect(messages[0]).toMatchObject({ head: { state: 'failed', reason: 'The disk is full.' } });
    expect(messages[0]).toMatchObject({ head: { name: 'sort · seed 4', about: { note: 'A note.' } } });
  });
});

describe('readCompletions', () => {
  it('leaves token ids behind', async () => {
    mkdirSync(join(folder, 'rollouts'));
    const shown = { step: 7, group: 0, prompt: 'p', completion: 'c', rewards: { f: 1 }, reward: 1, advantage: 0 };
    const row = { ...shown, length: 2, truncated: false, error: null };
    const line = JSON.stringify({
      ...row,
      prompt_ids: [1],
      completion_ids: [2, 3],
      logprobs: [-1, -2],
      token_ends: [0, 1],
    });
    writeFileSync(join(folder, 'rollouts', 'step-000007.jsonl'), `${line}\n`);
    expect(await readCompletions(folder, 7)).toEqual([row]);
    await expect(readCompletions(folder, 8)).rejects.toThrow('does not exist');
  });

  it('has the texts of the prompt and the columns that JavaScript would change', async () => {
    mkdirSync(join(folder, 'rollouts'));
    const row =
      '{"step":7,"group":0,"prompt":[{"role":"tool","n":2.0}],"completion":"c","rewards":{},"reward":null,"advantage":0,"length":1,"truncated":false,"error":null,"columns":{"a":5.0,"b":[9007199254740993],"c":1,"d":"x"}}';
    writeFileSync(join(folder, 'rollouts', 'step-000007.jsonl'), `${row}\n`);
    const [completion] = await readCompletions(folder, 7);
    expect(completion).toMatchObject({
      columns: { a: 5, b: [9007199254740992], c: 1, d: 'x' },
      exact: { prompt: '[{"role":"tool","n":2.0}]', a: '5.0', b: '[9007199254740993]' },
    });
  });
});
