import { closeSync, readSync } from 'node:fs';
import { BadInput } from '../protocol/errors.ts';
import { openRegularFile } from './open-file.ts';

/** Opens `file` for reading as long as `use` runs. `BadInput` when it cannot be opened. */
export function withFile<T>(file: string, use: (descriptor: number) => T): T {
  const descriptor = openRegularFile(file, 'file');
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** `length` bytes from `position` on. */
export function readBytes(descriptor: number, file: string, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  readInto(descriptor, file, position, bytes);
  return bytes;
}

/** Fills `bytes` from `position` on; `file` is only for the message when the file is shorter. */
export function readInto(descriptor: number, file: string, position: number, bytes: Uint8Array): void {
  // One read call takes less than 2 GiB, and may return less than it was asked for.
  const most = 1 << 30;
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(descriptor, bytes, done, Math.min(most, bytes.length - done), position + done);
    if (read === 0) throw new BadInput('the file became shorter while it was read; try again', { file });
    done += read;
  }
}
