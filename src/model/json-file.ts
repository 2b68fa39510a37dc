import { readFileSync } from 'node:fs';
import { BadInput } from '../protocol/errors.ts';
import { damagedFile } from './damaged-file.ts';

/** The JSON object in `file`. A missing file gives undefined; anything but an object is `BadInput` with the file named. */
export function readJsonObject(file: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new BadInput(`the file cannot be read: ${(error as Error).message}`, { file });
  }
  return parseJsonObject(text, file);
}

/** `text` as a JSON object; `file` is only for the message. */
export function parseJsonObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damagedFile(file, `this is not valid JSON (${(error as Error).message})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damagedFile(file, 'this must be a JSON object { ... }');
  }
  return value as Record<string, unknown>;
}
