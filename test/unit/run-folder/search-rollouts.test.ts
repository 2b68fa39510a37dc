import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hit } from '../../../src/protocol/dashboard-rollouts.ts';
import { EMPTY_QUERY, type RolloutQuery } from '../../../src/protocol/rollout-query.ts';
import { promptGroups } from '../../../src/run-folder/prompt-groups.ts';
import { searchRollouts } from '../../../src/run-folder/search-rollouts.ts';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'grpo-search-'));
  mkdirSync(join(run, 'rollouts'));
});
afterEach(() => rmSync(run, { recursive: true }));

const row = (group: number, completion: string, reward: number | null, more: object = {}) => ({
  ...{ step: 1, group, prompt: `prompt ${group}`, prompt_ids: [1], completion, completion_ids: [1, 2] },
  ...{ rewards: { f: reward }, reward, advantage: 0, length: 2, truncated: false, error: null, ...more },
});
const write = (step: number, rows: object[], end = '\n') =>
  writeFileSync(
    join(run, 'rollouts', `step-${String(step).padStart(6, '0')}.jsonl`),
    rows.map((line) => JSON.stringify(line)).join('\n') + end,
  );

async function search(query: Partial<RolloutQuery>): Promise<Hit[]> {
  const found = await allOf(searchRollouts(run, { ...EMPTY_QUERY, ...query }, new AbortController().signal));
  return found.flatMap(({ items }) => items);
}
async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
const places = (hits: Hit[]) => hits.map(({ step, group, row: line }) => [step, group, line]);

describe('searchRollouts', () => {
  it('finds completions in either case, newest step first, with their place in the file', async () => {
    write(1, [row(0, 'An Apple', 1), row(0, 'pear', 0)]);
    write(2, [row(0, 'pear', 1), row(1, 'two apples', 0)]);
    const hits = await search({ text: 'APPLE' });
    expect(places(hits)).toEqual([
      [2, 1, 1],
      [1, 0, 0],
    ]);
    expect(hits[0]).toMatchObject({ in: 'completion', excerpt: 'two apples', title: 'prompt 1', reward: 0, count: 1 });
  });

  it('finds what JSON writes in another way: quotes, line breaks, letters beyond ASCII, as Python writes them too', async () => {
    write(1, [row(0, 'she said "no"\nand left', 1), row(1, 'naïve café', 1)]);
    const file = join(run, 'rollouts/step-000002.jsonl');
    // Python's json escapes what is not ASCII.
    writeFileSync(file, `${JSON.stringify(row(0, 'a café', 1)).replace('é', '\\u00e9')}\n`);
    expect(places(await search({ text: 'said "no"' }))).toEqual([[1, 0, 0]]);
    expect(places(await search({ text: '"' }))).toEqual([[1, 0, 0]]);
    expect(places(await search({ text: 'café' }))).toEqual([
      [2, 0, 0],
      [1, 1, 1],
    ]);
  });

  it('finds reasons, errors, prompts and columns; what a whole group has it tells once, equal completions too', async () => {
    write(1, [
      row(0, 'x', 1, { details: { f: { reason: 'wrong order' } } }),
      row(1, 'y', null, { error: 'a.ts:1:1: boom' }),
      row(2, 'z', 1, { columns: { answer: 42 } }),
      row(2, 'zz', 1, { columns: { answer: 42 } }),
      row(3, 'same', 1),
      row(3, 'same', 1),
      row(3, 'same', 0),
    ]);
    expect((await search({ text: 'order' }))[0]).toMatchObject({ group: 0, in: 'reason', excerpt: 'wrong order' });
    expect((await search({ text: 'boom' }))[0]).toMatchObject({ group: 1, in: 'error', failed: true });
    expect(places(await search({ text: '42' }))).toEqual([[1, 2, 2]]);
    expect(places(await search({ text: 'prompt' }))).toHaveLength(4);
    expect((await search({ text: 'same' })).map(({ row: line, count }) => [line, count])).toEqual([
      [4, 2],
      [6, 1],
    ]);
  });

  it('filters by reward, truncation, failure, signal and steps', async () => {
    for (const step of [1, 2, 3])
      write(step, [
        row(0, 'a', 1, { advantage: 0.7, truncated: true }),
        row(0, 'b', 0, { advantage: -0.7 }),
        row(1, 'c', 1),
        row(1, 'd', 1),
        row(2, 'e', null, { error: 'boom' }),
        row(2, 'f', null, { error: 'boom' }),
      ]);
    const texts = async (query: Partial<RolloutQuery>) =>
      (await search({ firstStep: 2, lastStep: 2, ...query })).map(({ step, excerpt }) => `${step}${excerpt}`);
    expect(await texts({ least: 1 })).toEqual(['2a', '2c', '2d']);
    expect(await texts({ of: 'f', most: 0.5 })).toEqual(['2b']);
    expect(await texts({ truncated: true })).toEqual(['2a']);
    expect(await texts({ failed: true })).toEqual(['2e', '2f']);
    expect(await texts({ signal: 'signal' })).toEqual(['2a', '2b']);
    expect(await texts({ signal: 'too-easy', text: 'c' })).toEqual(['2c']);
    expect(await texts({ signal: 'none', lastStep: null, text: 'd' })).toEqual(['3d', '2d']);
  });

  it('reads what a killed trainer left, and goes on after a file that is none', async () => {
    write(1, [row(0, 'apple', 1)]);
    writeFileSync(join(run, 'rollouts/step-000002.jsonl'), '{"apple"\n{"apple": 1}\n');
    write(3, [row(0, 'apple', 1), row(0, 'apple pie', 1)], '\n{"step":3,"group":0,"completion":"apple');
    const found = searchRollouts(run, { ...EMPTY_QUERY, text: 'apple' }, new AbortController().signal);
    const all = await allOf(found);
    expect(all.flatMap(({ items }) => items.map(({ step }) => step))).toEqual([3, 3, 1]);
    expect(all.at(-1)).toMatchObject({ searched: 3, of: 3, unreadable: 1 });
  });

  it('finds what is in lines beyond a block, and says how far it is', async () => {
    const long = 'x'.repeat(700_000);
    write(1, [row(0, long, 1), row(0, `${long} apple`, 1), row(1, `needle ${long}`, 1)]);
    expect(places(await search({ text: 'apple' }))).toEqual([[1, 0, 1]]);
    expect((await search({ text: 'apple' }))[0]!.excerpt).toMatch(/^…x{30,} ?apple$|^…x+ apple$/);
    expect(places(await search({ text: 'needle' }))).toEqual([[1, 1, 2]]);
  });

  it('ends when it is told to', async () => {
    for (let step = 1; step <= 20; step++) write(step, [row(0, 'apple', 1)]);
    const controller = new AbortController();
    const seen: number[] = [];
    const searching = (async () => {
      for await (const { searched } of searchRollouts(run, { ...EMPTY_QUERY, text: 'apple' }, controller.signal)) {
        seen.push(searched);
        if (searched === 3) controller.abort();
      }
    })();
    await expect(searching).rejects.toThrow();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('has nothing to say of a run without rollouts', async () => {
    rmSync(join(run, 'rollouts'), { recursive: true });
    expect(await allOf(searchRollouts(run, EMPTY_QUERY, new AbortController().signal))).toEqual([
      { items: [], searched: 0, of: 0, unreadable: 0 },
    ]);
  });
});

describe('promptGroups', () => {
  it('collects every group of a prompt, whatever it is written in, and no other', async () => {
    const chat = [{ role: 'user', content: 'Größe "x"?' }];
    write(1, [row(0, 'a', 1), row(1, 'b', 1, { prompt: chat }), row(1, 'c', 0, { prompt: chat })]);
    write(2, [row(0, 'd', 1, { prompt: [...chat, { role: 'assistant', content: 'y' }] })]);
    write(3, [row(5, 'e', 1, { prompt: chat })]);
    const found = await allOf(promptGroups(run, chat, new AbortController().signal));
    const groups = found.flatMap(({ items }) => items);
    expect(groups.map(({ step, group, rows }) => [step, group, rows.map(({ completion }) => completion)])).toEqual([
      [3, 5, ['e']],
      [1, 1, ['b', 'c']],
    ]);
    // Not what is as long as the text.
    expect(groups[0]!.rows[0]).not.toHaveProperty('completion_ids');
  });
});
