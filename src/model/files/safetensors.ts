import { fstatSync } from 'node:fs';
import { readBytes, readInto, withFile } from '../../files/file-bytes.ts';
import { decodeText } from '../../files/text.ts';
import { BadInput } from '../../protocol/errors.ts';
import { sizeOf } from '../shape.ts';
import { damagedFile } from './damaged-file.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from './float16.ts';
import { parseJsonObject } from './json-file.ts';

/**
 * The safetensors format: 8 bytes with the header's length (little-endian), a JSON header that maps each tensor to its
 * dtype, shape and byte range, then the tensors' bytes without gaps. A header is believed only after every claim has been
 * checked against the file's real size; tensors are read one at a time.
 */

/** Where one tensor is: `start` is its offset from the beginning of the file, in bytes. */
export interface TensorEntry {
  name: string;
  file: string;
  dtype: string;
  shape: number[];
  start: number;
  bytes: number;
}

const BYTES_PER_ELEMENT: Record<string, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** The format's own bound; a longer header is an attack or a torn file. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

/** The tensors that a safetensors file says it holds, in file order; `BadInput` when the file does not keep its word. */
export function readSafetensorsHeader(file: string): TensorEntry[] {
  return withFile(file, (descriptor) => {
    const fileBytes = fstatSync(descriptor).size;
    if (fileBytes < LENGTH_BYTES) {
      throw damaged(file, `it has only ${fileBytes} bytes`);
    }
    const prefix = new DataView(readBytes(descriptor, file, 0, LENGTH_BYTES).buffer);
    const headerBytes = Number(prefix.getBigUint64(0, true));
    if (headerBytes > MAX_HEADER_BYTES) {
      throw damaged(file, `its header claims ${headerBytes} bytes, and the format allows ${MAX_HEADER_BYTES}`);
    }
    const dataStart = LENGTH_BYTES + headerBytes;
    if (dataStart > fileBytes) {
      throw damaged(file, `its header claims ${headerBytes} bytes, but the file ends after ${fileBytes}`);
    }
    const header = readBytes(descriptor, file, LENGTH_BYTES, headerBytes);
    const { __metadata__: _, ...tensors } = parseHeader(Buffer.from(header.buffer), file);
    const entries = Object.entries(tensors).map(([name, claim]) => entryOf(file, name, claim, dataStart));
    checkLayout(file, entries, dataStart, fileBytes);
    return entries;
  });
}

/** One tensor's values as float32, from f32, f16 or bf16; fills `values` where they are given. */
export function readTensor(
  entry: TensorEntry,
  values: Float32Array = new Float32Array(sizeOf(entry.shape)),
): Float32Array {
  const { file, name, dtype } = entry;
  if (!isSupportedDtype(dtype)) {
    throw new BadInput(`tensor "${name}" has dtype ${dtype}, but only F32, F16 and BF16 are supported`, { file });
  }
  withFile(file, (descriptor) => {
    if (dtype === 'F32') {
      readInto(descriptor, file, entry.start, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      return;
    }
    const widen = dtype === 'F16' ? float16ToFloat32 : bfloat16ToFloat32;
    // Widened piece by piece, so that the tensor is never in memory twice.
    const pieceLength = 1 << 20;
    for (let at = 0; at < values.length; at += pieceLength) {
      const length = Math.min(pieceLength, values.length - at);
      const halves = new Uint16Array(readBytes(descriptor, file, entry.start + at * 2, length * 2).buffer);
      widen(halves, values.subarray(at, at + length));
    }
  });
  return values;
}

export function isSupportedDtype(dtype: string): boolean {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** Whether two tensors have the same bytes, without holding either. */
export function sameBytes(a: TensorEntry, b: TensorEntry): boolean {
  if (a.dtype !== b.dtype || a.bytes !== b.bytes) return false;
  const pieceBytes = 1 << 22;
  return withFile(a.file, (fileA) =>
    withFile(b.file, (fileB) => {
      for (let at = 0; at < a.bytes; at += pieceBytes) {
        const length = Math.min(pieceBytes, a.bytes - at);
        const pieceA = readBytes(fileA, a.file, a.start + at, length);
        const pieceB = readBytes(fileB, b.file, b.start + at, length);
        if (Buffer.compare(pieceA, pieceB) !== 0) return false;
      }
      return true;
    }),
  );
}

function parseHeader(header: Buffer, file: string): Record<string, unknown> {
  try {
    return parseJsonObject(decodeText(header, file), file);
  } catch (error) {
    // Lines of the header are no places in the file.
    throw error instanceof BadInput
      ? damaged(file, `its header is not what it should be (${error.problem.message})`)
      : error;
  }
}

function entryOf(file: string, name: string, claim: unknown, dataStart: number): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = (claim ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw damaged(file, `the header's entry for "${name}" is not a tensor's`);
  }
  const elementBytes = BYTES_PER_ELEMENT[dtype];
  if (elementBytes === undefined) {
    throw new BadInput(`tensor "${name}" has dtype ${dtype}, but only F32, F16 and BF16 are supported`, { file });
  }
  const [begin, end] = offsets as [number, number];
  const needed = shape.reduce((product, size) => product * size, elementBytes);
  if (end - begin !== needed) {
    const claims = `[${shape.join(', ')}] of ${dtype} (${needed} bytes)`;
    throw damaged(file, `tensor "${name}" claims ${claims}, but the header gives it bytes ${begin} to ${end}`);
  }
  return { name, file, dtype, shape, start: dataStart + begin, bytes: needed };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The tensors must cover the data exactly: bytes that belong to two tensors, or to none, mean a lying header. */
function checkLayout(file: string, entries: TensorEntry[], dataStart: number, fileBytes: number): void {
  entries.sort((a, b) => a.start - b.start || a.bytes - b.bytes);
  let end = dataStart;
  for (const { name, start, bytes } of entries) {
    if (start < end) throw damaged(file, `tensor "${name}" overlaps the one before it`);
    if (start > end) throw damaged(file, `${start - end} bytes before tensor "${name}" belong to no tensor`);
    end = start + bytes;
  }
  if (end > fileBytes) {
    throw damaged(file, `its header promises ${end} bytes, but the file ends after ${fileBytes}`);
  }
  if (end < fileBytes) throw damaged(file, `its last ${fileBytes - end} bytes belong to no tensor`);
}

function damaged(file: string, what: string): BadInput {
  return damagedFile(file, `this is not a complete safetensors file: ${what}`);
}
