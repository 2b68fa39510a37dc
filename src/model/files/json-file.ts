import { existsSync } from 'node:fs';
import { parseJson } from '../../files/json.ts';
import { MODEL_JSON } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import { BadInput } from '../../protocol/errors.ts';
import { damagedFile } from './damaged-file.ts';

/** The JSON object in `file`. A missing file gives undefined; anything but an object is `BadInput` with the file named. */
export function readJsonObject(file: string): Record<string, unknown> | undefined {
  return existsSync(file) ? parseJsonObject(readText(file, MODEL_JSON), file) : undefined;
}

/** `text` as a JSON object; `file` is only for the message. */
export function parseJsonObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text, { file });
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw damagedFile(error.location ?? { file }, error.sentence.replace(/\.$/, ''));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damagedFile(file, 'this must be a JSON object { ... }');
  }
  return value as Record<string, unknown>;
}
