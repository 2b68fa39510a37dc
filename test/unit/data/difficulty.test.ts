import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ofDifficulty, promptKey, readDifficulty, withinDifficulty } from '../../../src/data/difficulty.ts';

const at = { file: '/a.grpo.json', line: 3 };
const row = (prompt: string, columns = {}) => ({ prompt, columns, at: { file: '/d.jsonl', line: 1 } });
const rows = ['a', 'b', 'c'].map((prompt) => row(prompt));
const rates = (...values: number[]) => new Map(values.map((value, index) => [promptKey(rows[index]!), value]));

describe('promptKey', () => {
  it('depends on the prompt and on every column that has a value, in any order', () => {
    expect(promptKey(row('a', { x: 1, y: 2, z: null }))).toBe(promptKey(row('a', { y: 2, x: 1 })));
    const others = [row('b', { x: 1 }), row('a', { x: 2 }), row('a', { y: 1 }), row('a'), row('a', { x: '1' })];
    expect(new Set([row('a', { x: 1 }), ...others].map(promptKey)).size).toBe(6);
  });
});

describe('withinDifficulty', () => {
  const limits = { min: 0.25, max: 0.75, file: '/r.jsonl', at };

  it('keeps the rows between the limits, in their order', () => {
    expect(withinDifficulty(rows, rates(0.25, 1, 0.75), limits)).toEqual({
      rows: [
        { ...rows[0], solveRate: 0.25 },
        { ...rows[2], solveRate: 0.75 },
      ],
      findings: [],
    });
  });

  it('skips rows without a rate, and says so', () => {
    const { rows: kept, findings } = withinDifficulty(rows, rates(0.5), limits);
    expect(kept).toEqual([{ ...rows[0], solveRate: 0.5 }]);
    expect(findings).toMatchObject([{ kind: 'unmeasured-prompts', place: at }]);
    expect(findings[0]!.evidence).toMatch(/^2 of 3 prompts are skipped/);
  });

  it('refuses rates of another dataset, and limits that leave nothing', () => {
    expect(() => withinDifficulty(rows, new Map([['x', 1]]), limits)).toThrow(/those of another dataset/);
    expect(() => withinDifficulty(rows, rates(0, 0.1, 1), limits)).toThrow(
      '/a.grpo.json:3: No prompt is left: none of 3 is solved 25 % to 75 % of the time (they are solved 0 % to 100 % of the time); widen "difficulty".',
    );
  });
});

describe('a difficulty file', () => {
  /** A file of these lines. */
  function fileOf(...lines: string[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'grpo-difficulty-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'a.difficulty.jsonl');
    writeFileSync(file, lines.join('\n'));
    return file;
  }
  const head = JSON.stringify({ settings: { n: 2 } });
  const line = (key: string, more = {}) => JSON.stringify({ key, prompt: 'p', rewards: [0, null], ...more });

  it('is read up to a torn last line', () => {
    const file = fileOf(head, line('a'), line('b').slice(0, 9));
    expect(readDifficulty(file)).toEqual({
      settings: { n: 2 },
      prompts: [{ key: 'a', prompt: 'p', rewards: [0, null] }],
    });
  });

  it('is refused where it is something else', () => {
    expect(() => readDifficulty(fileOf('{"prompt": "a"}', ''))).toThrow(/:1: This file was not written by `grpo check/);
    expect(() => readDifficulty(fileOf(head, '{"key": 1}', ''))).toThrow(/:2: This line was not written by/);
    expect(() => readDifficulty(fileOf(''))).toThrow(/:1: This file was not written by/);
  });

  it('applies to a dataset once it is finished', () => {
    const filter = (file: string) => ofDifficulty(rows, { file, min: 0.5, max: 1 }, at);
    expect(() => filter('/nowhere.jsonl')).toThrow(/\/a\.grpo\.json:3: There are no solve rates yet: \/nowhere/);
    expect(() => filter(fileOf(head, line('a'), ''))).toThrow(/are unfinished/);
    const rated = rows.map((each, index) => line(promptKey(each), { solve_rate: index / 2 }));
    expect(filter(fileOf(head, ...rated, '')).rows).toEqual([
      { ...rows[1], solveRate: 0.5 },
      { ...rows[2], solveRate: 1 },
    ]);
    expect(ofDifficulty(rows, null, at)).toEqual({ rows, findings: [] });
  });
});
