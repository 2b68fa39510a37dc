import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetricsTail } from '../../../src/run-folder/metrics-tail.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-tail-'));
  file = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (step: number, reward: number | null) => `${JSON.stringify({ reward, step })}\n`;
const rewards = ({ columns }: MetricsTail) => [...(columns.slice().values.reward ?? [])];

describe('MetricsTail', () => {
  it('waits for a file that is not there yet', async () => {
    const tail = new MetricsTail(folder);
    await tail.read();
    expect(tail.columns.length).toBe(0);
    writeFileSync(file, line(1, 0.5));
    await tail.read();
    expect(rewards(tail)).toEqual([0.5]);
  });

  it('takes what is new, and a torn line when it is whole', async () => {
    writeFileSync(file, line(1, 1) + line(2, null) + line(3, 3).slice(0, 8));
    const tail = new MetricsTail(folder);
    await tail.read();
    expect(rewards(tail)).toEqual([1, Number.NaN]);
    appendFileSync(file, line(3, 3).slice(8) + line(4, 4));
    await tail.read();
    expect(rewards(tail)).toEqual([1, Number.NaN, 3, 4]);
    expect(tail.generation).toBe(0);
  });

  it('starts again when the run was rewound to a checkpoint', async () => {
    writeFileSync(file, line(1, 1) + line(2, 2) + line(3, 3));
    const tail = new MetricsTail(folder);
    await tail.read();
    writeFileSync(`${file}.new`, line(1, 1));
    renameSync(`${file}.new`, file);
    appendFileSync(file, line(2, 20));
    await tail.read();
    expect([...tail.columns.slice().steps]).toEqual([1, 2]);
    expect(rewards(tail)).toEqual([1, 20]);
    expect(tail.generation).toBeGreaterThan(0);
  });

  it('replaces steps that are written a second time', async () => {
    writeFileSync(file, line(1, 1) + line(2, 2) + line(3, 3) + line(2, 20));
    const tail = new MetricsTail(folder);
    await tail.read();
    expect([...tail.columns.slice().steps]).toEqual([1, 2]);
    expect(rewards(tail)).toEqual([1, 20]);
  });

  it('reads long files in parts, and shows each of them', async () => {
    const count = 60_000;
    writeFileSync(file, Array.from({ length: count }, (_, i) => line(i + 1, i / 3)).join(''));
    const tail = new MetricsTail(folder);
    const lengths: number[] = [];
    await tail.read(() => lengths.push(tail.columns.length));
    expect(lengths.length).toBeGreaterThan(1);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect(tail.columns.length).toBe(count);
    expect(tail.columns.values('reward')![count - 1]).toBe((count - 1) / 3);
  });

  it('passes over lines that are no metrics', async () => {
    writeFileSync(file, `${line(1, 1)}{"reward": oops}\n[]\n${line(2, 2)}`);
    const tail = new MetricsTail(folder);
    await tail.read();
    expect(rewards(tail)).toEqual([1, 2]);
  });
});
