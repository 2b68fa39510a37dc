import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';

/** `json` on indented lines, written as `writeFileFlushed` does. */
export const writeJsonFlushed = (file: string, json: object): void =>
  writeFileFlushed(file, `${JSON.stringify(json, null, 2)}\n`);

/** Writes and flushes to the disk, so that a rename afterwards cannot uncover an empty file after a power cut. */
export function writeFileFlushed(file: string, text: string): void {
  const descriptor = openSync(file, 'w');
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
