import { readInto, withFile } from '../../files/file-bytes.ts';
import { sizeOf } from '../shape.ts';
import type { HalfType } from './float16.ts';
import { readTensor, type TensorEntry } from './safetensors.ts';

/** A tensor in a model's files, by its Hugging Face name. */
export interface StoredTensor {
  name: string;
  file: string;
  dtype: string;
  shape: number[];
  /** Its values as float32; fills the given array, if there is one. */
  read(into?: Float32Array): Float32Array;
  /** Defined where the file has it in blocks that a base may be kept in. */
  stored?: StoredBlocks | undefined;
  /** Defined where the file has it in 16 bits a value. */
  halves?: StoredHalves | undefined;
}

/** llama.cpp's blocks of 8 or 4 bits. */
export interface StoredBlocks {
  type: 'Q8_0' | 'Q4_0';
  /** Their bytes, as `read` gives their values. */
  read(): Uint8Array;
}

/** Values in float16 or bfloat16. */
export interface StoredHalves {
  type: HalfType;
  /** Their bit patterns, in the order of the values. */
  read(): Uint16Array;
}

/** A tensor of a safetensors file. */
export const storedTensor = (entry: TensorEntry): StoredTensor => ({
  ...entry,
  read: (into) => readTensor(entry, into),
  halves: storedHalves(entry),
});

/** Those of a tensor that begins at byte `start` of its file; undefined where it has another type. */
export function storedHalves({
  file,
  dtype,
  shape,
  start,
}: Pick<TensorEntry, 'file' | 'dtype' | 'shape' | 'start'>): StoredHalves | undefined {
  if (dtype !== 'F16' && dtype !== 'BF16') return undefined;
  return { type: dtype, read: () => readHalves(file, start, sizeOf(shape)) };
}

/** A tensor with other values than its file's: neither blocks nor halves are left of those. */
export const withValues = (tensor: StoredTensor, read: StoredTensor['read']): StoredTensor => ({
  ...tensor,
  ...{ read, stored: undefined, halves: undefined },
});

function readHalves(file: string, start: number, count: number): Uint16Array {
  const halves = new Uint16Array(count);
  // Node.js 20 has no array of more than 4 GiB of bytes, though it has one of as many halves.
  const atOnce = 2 ** 28;
  withFile(file, (descriptor) => {
    for (let at = 0; at < count; at += atOnce) {
      const { buffer, byteOffset, byteLength } = halves.subarray(at, at + atOnce);
      readInto(descriptor, file, start + at * 2, new Uint8Array(buffer, byteOffset, byteLength));
    }
  });
  return halves;
}
