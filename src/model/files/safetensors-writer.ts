import { RunFailure } from '../../protocol/errors.ts';
import { sizeOf } from '../shape.ts';
import { float32ToBfloat16, float32ToFloat16 } from './float16.ts';
import { type TensorFileLayout, type WriteAt, writeTensorFile } from './tensor-file.ts';

/** How weights are stored; the names are those of transformers' config.json. */
export type WeightDtype = 'float32' | 'float16' | 'bfloat16';

/** A tensor's name, shape and values in row-major order. */
export type NamedTensor = readonly [name: string, shape: readonly number[], values: Float32Array];

const FORMAT = {
  float32: { dtype: 'F32', bytes: 4 },
  float16: { dtype: 'F16', bytes: 2 },
  bfloat16: { dtype: 'BF16', bytes: 2 },
} as const;

/**
 * Writes `tensors` to `file` as safetensors, one at a time as they arrive (in any order), so a model need not be in memory twice.
 * `shapes` says beforehand which tensors will come: the header comes first in the file. The file appears under its name
 * only when it is complete and flushed. Values are rounded to nearest, ties to even. Throws RunFailure for one that would become infinite.
 */
export async function writeSafetensors(
  file: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  tensors: Iterable<NamedTensor> | AsyncIterable<NamedTensor>,
  dtype: WeightDtype | ((name: string) => WeightDtype),
): Promise<void> {
  const dtypeOf = typeof dtype === 'string' ? () => dtype : dtype;
  await writeTensorFile(file, layOut(shapes, dtypeOf), tensors, ([name, shape, values], start, writeAt) => {
    const announced = shapes.get(name)!;
    if (shape.join() !== announced.join() || values.length !== sizeOf(announced)) {
      throw new Error(`tensor "${name}" is [${shape}] with ${values.length} values, announced as [${announced}]`);
    }
    writeValues(writeAt, name, values, start, dtypeOf(name));
  });
}

/** The bytes in front of the data, and where in the file each tensor begins. */
function layOut(
  shapes: ReadonlyMap<string, readonly number[]>,
  dtypeOf: (name: string) => WeightDtype,
): TensorFileLayout {
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, shape] of shapes) {
    const begin = end;
    const { dtype, bytes } = FORMAT[dtypeOf(name)];
    end += sizeOf(shape) * bytes;
    entries[name] = { dtype, shape, data_offsets: [begin, end] };
    offsets.set(name, begin);
  }
  const json = Buffer.from(JSON.stringify(entries));
  // Padded with spaces so that the data starts at a multiple of 8 bytes and can be memory-mapped.
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  const starts = new Map([...offsets].map(([name, offset]) => [name, header.length + offset]));
  return { header, starts, end: header.length + end };
}

function writeValues(writeAt: WriteAt, name: string, values: Float32Array, start: number, dtype: WeightDtype): void {
  if (dtype === 'float32') {
    writeAt(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
    return;
  }
  const narrow = dtype === 'float16' ? float32ToFloat16 : float32ToBfloat16;
  const pieceLength = 1 << 20;
  for (let at = 0; at < values.length; at += pieceLength) {
    const piece = values.subarray(at, at + pieceLength);
    const halves = new Uint16Array(piece.length);
    narrow(piece, halves);
    const over = piece.find((value, i) => Number.isFinite(value) && isInfinite(halves[i]!, dtype));
    if (over !== undefined) throw new RunFailure(overflowWords(name, over, dtype));
    writeAt(new Uint8Array(halves.buffer), start + at * 2);
  }
}

const isInfinite = (half: number, dtype: 'float16' | 'bfloat16'): boolean =>
  (half & 0x7fff) === (dtype === 'float16' ? 0x7c00 : 0x7f80);

const overflowWords = (name: string, value: number, dtype: WeightDtype): string =>
  `Tensor "${name}" has the value ${value}, which would become infinite in ${dtype}; save it in another format (in a run config: "checkpointDtype").`;

/** The first of a model's values that float16 has not got: its largest is 65504, and from 65520 on they round to infinity. */
export function beyondFloat16(weights: Readonly<Record<string, { data: ArrayLike<number> }>>): string | undefined {
  for (const [name, { data }] of Object.entries(weights)) {
    for (let i = 0; i < data.length; i++)
      if (Math.abs(data[i]!) >= 65520) return overflowWords(name, data[i]!, 'float16');
  }
  return undefined;
}
