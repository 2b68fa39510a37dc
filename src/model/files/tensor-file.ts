import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { temporaryName } from '../../files/temporary-name.ts';

/** The bytes in front of a file's tensors, where in it each tensor begins, and where the last one ends. */
export interface TensorFileLayout {
  header: Buffer;
  starts: Map<string, number>;
  end: number;
}

/** Writes bytes at a place of the file. */
export type WriteAt = (bytes: Uint8Array, position: number) => void;

/**
 * Writes a header, then tensors one at a time as they arrive, in any order, so that the model need not be in memory. `write` puts one at its
 * `start`. The file appears under its name only when it is complete and flushed. Throws for a tensor that is not in the layout, is written
 * twice, or does not come.
 */
export async function writeTensorFile<Tensor extends readonly [name: string, ...rest: unknown[]]>(
  file: string,
  { header, starts, end }: TensorFileLayout,
  tensors: Iterable<Tensor> | AsyncIterable<Tensor>,
  write: (tensor: Tensor, start: number, writeAt: WriteAt) => void,
): Promise<void> {
  const missing = new Map(starts);
  const temporary = temporaryName(file);
  const descriptor = openSync(temporary, 'w');
  const writeAt: WriteAt = (bytes, position) => writeAll(descriptor, bytes, position);
  try {
    writeAt(header, 0);
    for await (const tensor of tensors) {
      const [name] = tensor;
      const start = missing.get(name);
      if (start === undefined) throw new Error(`tensor "${name}" was not announced, or was written twice`);
      write(tensor, start, writeAt);
      missing.delete(name);
    }
    if (missing.size > 0) throw new Error(`tensors announced but never written: ${[...missing.keys()].join(', ')}`);
    // Of what is aligned, the last tensor may be shorter than its place.
    ftruncateSync(descriptor, end);
    fsyncSync(descriptor);
  } catch (error) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(descriptor);
  renameSync(temporary, file);
}

/** Some systems take no more than 2 GiB at once. */
const MOST_AT_ONCE = 1 << 30;

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, Math.min(MOST_AT_ONCE, bytes.length - done), position + done);
  }
}
