import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolders } from '../../../src/files/make-folders.ts';
import { fileOf, temporaryFolder } from './folder.ts';

test('makes what is missing and says where that begins', () => {
  const folder = temporaryFolder();
  expect(makeFolders(join(folder, 'a/b/c'))).toBe(join(folder, 'a'));
  expect(makeFolders(join(folder, 'a/b/d'))).toBe(join(folder, 'a/b/d'));
  expect(makeFolders(join(folder, 'a/b'))).toBeUndefined();
  expect(existsSync(join(folder, 'a/b/c'))).toBe(true);
});

test('throws where a file is in the way', () => {
  const file = fileOf('x');
  expect(() => makeFolders(file)).toThrow('EEXIST');
  expect(() => makeFolders(join(file, 'a'))).toThrow('ENOTDIR');
});

// Node's own `recursive` never returns there.
test.skipIf(!existsSync('/proc/version'))('throws where no folder can be made', () => {
  expect(() => makeFolders('/proc/grpo/a')).toThrow('ENOENT');
});
