import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BadInput } from '../../../src/protocol/errors.ts';

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function fileOf(content: string | Buffer, name = 'file.txt'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

/** The sentence that it throws, with its place but without the folder. */
export function problem(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return error.message.replaceAll(/\S*\/grpo-files-\w+\//g, '');
  }
  throw new Error('accepted');
}
