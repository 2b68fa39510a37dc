import { existsSync } from 'node:fs';
import { parseJson } from '../../files/json.ts';
import { MODEL_JSON } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import { damageAdvice, damagedFile } from './damaged-file.ts';

/** The JSON object in `file`. A missing file gives undefined; anything but an object is `BadInput` with the file named. */
export function readJsonObject(file: string): Record<string, unknown> | undefined {
  return existsSync(file) ? parseJsonObject(readText(file, MODEL_JSON), file) : undefined;
}

/** `text` as a JSON object; `file` is only for the message. */
export function parseJsonObject(text: string, file: string): Record<string, unknown> {
  const value = parseJson(text, { file }, damageAdvice(file));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damagedFile(file, 'this must be a JSON object { ... }');
  }
  return value as Record<string, unknown>;
}
