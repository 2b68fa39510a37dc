import { closeSync, openSync, writeFileSync } from 'node:fs';

const BUFFER_CHARACTERS = 1 << 20;

/** Writes a text file piece by piece, so that none of it has to be in memory as a whole. */
export function writePieces(file: string, pieces: Iterable<string>): void {
  const descriptor = openSync(file, 'w');
  try {
    let buffer = '';
    for (const piece of pieces) {
      buffer += piece;
      if (buffer.length < BUFFER_CHARACTERS) continue;
      writeFileSync(descriptor, buffer);
      buffer = '';
    }
    writeFileSync(descriptor, buffer);
  } finally {
    closeSync(descriptor);
  }
}
