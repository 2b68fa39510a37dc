import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchCheckpoints } from '../../../src/extension/dashboard/watch-checkpoints.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { SavedCheckpoints } from '../../../src/run-folder/saved-checkpoints.ts';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'grpo-checkpoints-'));
});
afterEach(() => rmSync(run, { recursive: true }));

const place = (step: number) => join(run, 'checkpoints', stepName(step));
function save(step: number, files: Record<string, string>): void {
  mkdirSync(place(step), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place(step), name), text);
}

test('checkpoints have their size on disk and their kind, and go when they are removed', async () => {
  const saved = new SavedCheckpoints(run);
  expect(await saved.list()).toEqual([]);
  save(20, { 'adapter_config.json': '{}', 'adapter_model.safetensors': '1234' });
  save(10, { 'config.json': '{}', 'model.safetensors': '12345678' });
  expect(await saved.list()).toMatchObject([
    { step: 10, bytes: 10, kind: 'full' },
    { step: 20, bytes: 6, kind: 'adapter' },
  ]);
  rmSync(place(10), { recursive: true });
  expect((await saved.list()).map(({ step }) => step)).toEqual([20]);
});

test('who watches hears of the first checkpoint, of further ones, and of those that go', async () => {
  let changed = () => {};
  const next = () =>
    new Promise<void>((resolve) => {
      changed = resolve;
    });
  const end = watchCheckpoints(run, () => changed());
  try {
    for (const change of [
      () => save(10, { 'config.json': '{}' }),
      () => save(20, { 'config.json': '{}' }),
      () => rmSync(place(10), { recursive: true }),
    ]) {
      const heard = next();
      change();
      await heard;
    }
  } finally {
    end();
  }
});
