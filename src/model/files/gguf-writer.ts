import { RunFailure } from '../../protocol/errors.ts';
import type { GgufField } from '../architectures/architecture.ts';
import { sizeOf } from '../shape.ts';
import { largestOf, STORED_FORMATS, type StoredType } from './quantize.ts';
import { type TensorFileLayout, type WriteAt, writeTensorFile } from './tensor-file.ts';

/** A value of the metadata, with the type that llama.cpp expects it to have. */
export type GgufEntry =
  | GgufField
  | { type: 'strings'; value: readonly string[] }
  | { type: 'float32s'; value: readonly number[] };

/** A tensor that will be written: its shape outermost first, as everywhere but in the file itself. */
export interface GgufTensorPlan {
  shape: readonly number[];
  type: StoredType;
}

/** Where tensors begin: at multiples of this many bytes. */
const ALIGNMENT = 32;
/** How many numbers are quantized at once; a multiple of every block. */
const PIECE = 1 << 18;

/**
 * Writes a GGUF file of version 3: metadata and the list of `plan` first, then the tensors as they arrive. Throws
 * RunFailure for a weight that the format cannot hold.
 *
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function writeGguf(
  file: string,
  metadata: ReadonlyMap<string, GgufEntry>,
  plan: ReadonlyMap<string, GgufTensorPlan>,
  tensors: AsyncIterable<readonly [name: string, values: Float32Array]>,
): Promise<void> {
  await writeTensorFile(file, layOut(metadata, plan), tensors, ([name, values], start, writeAt) => {
    const { shape, type } = plan.get(name)!;
    if (values.length !== sizeOf(shape)) {
      throw new Error(`tensor "${name}" has ${values.length} values, announced as [${shape}]`);
    }
    writeTensor(writeAt, name, values, start, type);
  });
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The bytes in front of the data, and where in the file each tensor begins. */
function layOut(metadata: ReadonlyMap<string, GgufEntry>, plan: ReadonlyMap<string, GgufTensorPlan>): TensorFileLayout {
  const parts = [Buffer.from('GGUF'), uint32(3), uint64(plan.size), uint64(metadata.size)];
  for (const [name, entry] of metadata) parts.push(string(name), ...encode(entry));
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, { shape, type }] of plan) {
    const { id, values, bytes } = STORED_FORMATS[type];
    parts.push(string(name), uint32(shape.length), ...[...shape].reverse().map(uint64), uint32(id), uint64(end));
    offsets.set(name, end);
    end += aligned((sizeOf(shape) / values) * bytes);
  }
  const head = Buffer.concat(parts);
  const header = Buffer.concat([head, Buffer.alloc(aligned(head.length) - head.length)]);
  const starts = new Map([...offsets].map(([name, offset]) => [name, header.length + offset]));
  return { header, starts, end: header.length + end };
}

function writeTensor(writeAt: WriteAt, name: string, values: Float32Array, start: number, type: StoredType): void {
  const { values: block, bytes, quantize } = STORED_FORMATS[type];
  for (let at = 0; at < values.length; at += PIECE) {
    const piece = values.subarray(at, at + PIECE);
    const out = new Uint8Array((piece.length / block) * bytes);
    if (!quantize(piece, out)) {
      const message = `Tensor "${name}" has a weight beyond ${largestOf(type)}, the largest that ${type} holds.`;
      throw new RunFailure(message);
    }
    writeAt(out, start + (at / block) * bytes);
  }
}

/** The type's number, then the value. */
function encode(entry: GgufEntry): Buffer[] {
  switch (entry.type) {
    case 'uint32':
      return [uint32(4), uint32(entry.value)];
    case 'float32':
      return [uint32(6), float32(entry.value)];
    case 'bool':
      return [uint32(7), Buffer.from([Number(entry.value)])];
    case 'string':
      return [uint32(8), string(entry.value)];
    case 'bools':
      return [...listHead(7, entry.value), Buffer.from(entry.value.map(Number))];
    case 'strings':
      return [...listHead(8, entry.value), ...entry.value.map(string)];
    case 'int32s':
      return [...listHead(5, entry.value), Buffer.from(Int32Array.from(entry.value).buffer)];
    case 'float32s':
      return [...listHead(6, entry.value), Buffer.from(Float32Array.from(entry.value).buffer)];
    default:
      return entry satisfies never;
  }
}

const listHead = (type: number, { length }: readonly unknown[]) => [uint32(9), uint32(type), uint64(length)];

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}
