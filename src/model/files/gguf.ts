import { fstatSync } from 'node:fs';
import { readInto, withFile } from '../../files/file-bytes.ts';
import { BadInput } from '../../protocol/errors.ts';
import { sizeOf } from '../shape.ts';
import { BLOCK_FORMATS, type BlockType } from './dequantize.ts';
import { damagedGguf, GgufCursor, type GgufValue, type TensorClaim } from './gguf-cursor.ts';

/**
 * The GGUF format: metadata (typed values by name), then for each tensor its name, shape, type and place, then the tensors' bytes.
 * As with safetensors, every claim is checked against the file's real size before it is believed.
 *
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export interface Gguf {
  file: string;
  metadata: ReadonlyMap<string, GgufValue>;
  tensors: GgufTensor[];
}

export interface GgufTensor {
  name: string;
  file: string;
  dtype: BlockType;
  /** Outermost first, as everywhere but in the file itself. */
  shape: number[];
  /** Offset from the beginning of the file, in bytes. */
  start: number;
}

/** Types by their number in the file; those without a `BLOCK_FORMATS` entry only for the message. */
const TYPE_NAMES: Record<number, string> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  29: 'IQ1_M',
  30: 'BF16',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

export const isGguf = (path: string): boolean => path.toLowerCase().endsWith('.gguf');

/** Reads everything in front of the tensors' data. */
export function readGguf(file: string): Gguf {
  return withFile(file, (descriptor) => {
    const size = fstatSync(descriptor).size;
    const cursor = new GgufCursor(descriptor, file, size);
    if (cursor.text(4) !== 'GGUF') throw new BadInput('this is not a GGUF file; download it again', { file });
    const version = cursor.number(4);
    if (version !== 2 && version !== 3) {
      throw new BadInput(`the file is of GGUF version ${version}, but only 2 and 3 are supported`, { file });
    }
    const [tensorCount, valueCount] = [cursor.number(8), cursor.number(8)];
    const metadata = new Map<string, GgufValue>();
    for (let i = 0; i < valueCount; i++) metadata.set(cursor.string(), cursor.value(cursor.number(4)));
    const entries = [];
    for (let i = 0; i < tensorCount; i++) entries.push(cursor.tensor());

    const alignment = metadata.get('general.alignment') ?? 32;
    if (typeof alignment !== 'number' || alignment < 1) throw damagedGguf(file, 'its alignment is not a number');
    const dataStart = Math.ceil(cursor.position / alignment) * alignment;
    const tensors = entries.map((entry) => locate(entry, file, dataStart, size));
    return { file, metadata, tensors };
  });
}

const PIECE_BYTES = 1 << 19;
let piece: Uint8Array | undefined;

/** One tensor's values as float32. */
export function readGgufTensor(
  { file, dtype, shape, start }: GgufTensor,
  values: Float32Array = new Float32Array(sizeOf(shape)),
): Float32Array {
  const width = shape.at(-1)!;
  const rows = sizeOf(shape) / width;
  const { dequantize } = BLOCK_FORMATS[dtype];
  const rowBytes = bytesIn(dtype, width);
  // Some rows at a time, so that the tensor is never in memory twice, and nothing of it is left for the garbage collector.
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  piece ??= new Uint8Array(PIECE_BYTES);
  const space = rowBytes <= PIECE_BYTES ? piece : new Uint8Array(rowBytes);
  withFile(file, (descriptor) => {
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      const blocks = space.subarray(0, count * rowBytes);
      readInto(descriptor, file, start + row * rowBytes, blocks);
      dequantize(blocks, values.subarray(row * width, (row + count) * width));
    }
  });
  return values;
}

/** One tensor's bytes as they are. */
export function readGgufBlocks({ file, dtype, shape, start }: GgufTensor): Uint8Array {
  const bytes = new Uint8Array(bytesIn(dtype, sizeOf(shape)));
  withFile(file, (descriptor) => readInto(descriptor, file, start, bytes));
  return bytes;
}

function locate({ name, type, shape, offset }: TensorClaim, file: string, dataStart: number, size: number): GgufTensor {
  const dtype = TYPE_NAMES[type];
  if (dtype === undefined || !isBlockType(dtype)) {
    const known = Object.keys(BLOCK_FORMATS).join(', ');
    const message = `tensor "${name}" is stored as ${dtype ?? `type ${type}`}, but only ${known} are supported; take another file of this model`;
    throw new BadInput(message, { file });
  }
  const { values } = BLOCK_FORMATS[dtype];
  if (shape.at(-1)! % values !== 0) {
    throw damagedGguf(file, `the rows of tensor "${name}" are not made of whole ${dtype} blocks of ${values}`);
  }
  const start = dataStart + offset;
  const end = start + bytesIn(dtype, sizeOf(shape));
  if (end > size) throw damagedGguf(file, `tensor "${name}" ends at byte ${end}, but the file ends after ${size}`);
  return { name, file, dtype, shape, start };
}

const isBlockType = (name: string): name is BlockType => Object.hasOwn(BLOCK_FORMATS, name);
const bytesIn = (dtype: BlockType, values: number): number =>
  (values / BLOCK_FORMATS[dtype].values) * BLOCK_FORMATS[dtype].bytes;

/** A list in the metadata, which is read only now. Throws BadInput where there is none. */
export function metadataList({ file, metadata }: Gguf, name: string): unknown[] {
  const value = metadata.get(name);
  if (typeof value === 'function') return value();
  throw new BadInput(`the metadata has no list "${name}"; convert the model again`, { file });
}
