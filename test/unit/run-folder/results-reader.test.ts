import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { datasetRows } from '../../../src/run-folder/dataset-rows.ts';
import { digestFile } from '../../../src/run-folder/file-digest.ts';
import type { Run } from '../../../src/run-folder/read-run.ts';
import { ResultsReader } from '../../../src/run-folder/results-reader.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-results-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (step: number): Run =>
  ({ folder, info: { step, state: 'running', updatedAt: String(step) }, live: false }) as unknown as Run;
const line = (step: number, metrics: object) => `${JSON.stringify({ ...metrics, step, loss: 1 })}\n`;

describe('ResultsReader', () => {
  it('reads what came of a run, and what is new of it once it has come further', async () => {
    const file = join(folder, 'metrics.jsonl');
    writeFileSync(file, line(0, { eval_reward: 1 }) + line(1, { reward: 2, step_time: 0.5 }));
    const reader = new ResultsReader();
    expect(reader.get(folder)).toBeUndefined();
    expect(await reader.read([run(1)])).toBe(true);
    expect(reader.get(folder)).toMatchObject({
      training: { reward: 2 },
      heldOut: { reward: 1, step: 0 },
      seconds: 0.5,
    });
    expect(await reader.read([run(1)])).toBe(false);
    appendFileSync(file, line(2, { reward: 4, eval_reward: 7, step_time: 1 }));
    expect(await reader.read([run(2)])).toBe(true);
    expect(reader.get(folder)).toMatchObject({
      training: { reward: 3 },
      heldOut: { reward: 7, step: 2 },
      seconds: 1.5,
    });
    expect(await reader.read([])).toBe(false);
    expect(reader.get(folder)).toBeUndefined();
  });

  it('has nothing of a run before its first step', async () => {
    const reader = new ResultsReader();
    await reader.read([run(0)]);
    expect(reader.get(folder)).toEqual({ training: null, heldOut: null, seconds: null });
  });
});

describe('datasetRows', () => {
  const write = (text: string) => {
    const file = join(folder, 'd.jsonl');
    writeFileSync(file, text);
    return digestFile(file);
  };

  it('counts the rows of the files that are still what a run read', async () => {
    const digest = write('{}\n \n{}\r\n{}');
    expect(await datasetRows(digest)).toBe(3);
    expect(await datasetRows([digest, digest])).toBe(6);
  });

  it('knows none of a file that has changed, is gone, or has no lines', async () => {
    const digest = write('{"a":1}\n');
    write('{"a":2}\n');
    expect(await datasetRows(digest)).toBeNull();
    expect(await datasetRows({ ...digest, file: join(folder, 'none.jsonl') })).toBeNull();
    expect(await datasetRows({ ...digest, file: join(folder, 'd.parquet') })).toBeNull();
    expect(await datasetRows(null)).toBeNull();
  });
});
