import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { digestFile } from '../../../src/run-folder/file-digest.ts';

/** A file of zeros but for one byte; it takes no space on the disk. */
function fileOf(size: number, marked?: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-digest-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'model.safetensors');
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, size);
  if (marked !== undefined) writeSync(descriptor, 'x', marked);
  closeSync(descriptor);
  return file;
}

const MIB = 2 ** 20;

test('up to 64 MiB every byte counts', () => {
  const file = fileOf(64 * MIB, 5 * MIB + 3);
  const sha256 = createHash('sha256')
    .update(Buffer.alloc(64 * MIB).fill('x', 5 * MIB + 3, 5 * MIB + 4))
    .digest('hex');
  expect(digestFile(file)).toEqual({ file, bytes: 64 * MIB, sha256, covers: 'all' });
  writeFileSync(file, '');
  expect(digestFile(file)).toMatchObject({ bytes: 0, sha256: createHash('sha256').digest('hex') });
});

test('of a larger file the size, both ends and blocks in between count, and it says so', () => {
  const size = 400 * MIB;
  const digest = (bytes: number, marked?: number) => digestFile(fileOf(bytes, marked)).sha256;
  expect(digestFile(fileOf(size))).toMatchObject({ bytes: size, covers: 'sample' });
  const plain = digest(size);
  expect(digest(size + 1)).not.toBe(plain);
  for (const marked of [0, MIB - 1, MIB, size - MIB - 1, size - 1])
    expect(digest(size, marked), String(marked)).not.toBe(plain);
  // What is trained or saved differently differs everywhere; a single byte may lie between two blocks.
  expect(digest(size, MIB + 2 ** 16 + 1)).toBe(plain);
  expect(statSync(fileOf(size)).size).toBe(size);
});
