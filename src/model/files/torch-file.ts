import { readBytes, withFile } from '../../files/file-bytes.ts';
import { BadInput } from '../../protocol/errors.ts';
import { sizeOf } from '../shape.ts';
import { damagedFile } from './damaged-file.ts';
import type { TensorEntry } from './safetensors.ts';
import { readTorchZip, type StoredFile } from './torch-zip.ts';
import { type Named, NotAPickle, type Pickled, UnknownName, unpickle } from './unpickle.ts';

/** By the name that torch has for storages of it, a dtype in safetensors' words, and its bytes. */
const STORAGES: Record<string, { dtype: string; bytes: number }> = {
  'torch.FloatStorage': { dtype: 'F32', bytes: 4 },
  'torch.HalfStorage': { dtype: 'F16', bytes: 2 },
  'torch.BFloat16Storage': { dtype: 'BF16', bytes: 2 },
  'torch.DoubleStorage': { dtype: 'F64', bytes: 8 },
  'torch.LongStorage': { dtype: 'I64', bytes: 8 },
  'torch.IntStorage': { dtype: 'I32', bytes: 4 },
  'torch.ByteStorage': { dtype: 'U8', bytes: 1 },
  'torch.BoolStorage': { dtype: 'BOOL', bytes: 1 },
};
const TENSOR = 'torch._utils._rebuild_tensor_v2';
const ORDERED = 'collections.OrderedDict';

/** A tensor in such a file: read with `readTensor`. */
export class TorchTensor implements TensorEntry {
  readonly name: string;
  readonly file: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly start: number;
  readonly bytes: number;

  constructor({ name, file, dtype, shape, start, bytes }: TensorEntry) {
    this.name = name;
    this.file = file;
    this.dtype = dtype;
    this.shape = shape;
    this.start = start;
    this.bytes = bytes;
  }
}

interface Storage {
  key: string;
  dtype: string;
  elementBytes: number;
  stored: StoredFile;
}

/** The pickle describes the tensors; they are beside it. */
const MOST_PICKLE = 256e6;

/**
 * What `torch.save` has written, dictionaries as maps, with tensors that are not read yet. Nothing in it is run: what is more than plain values and
 * plain tensors is refused. Throws BadInput.
 */
export function readTorchFile(file: string): Pickled {
  const files = readTorchZip(file);
  const pickle = files.get('data.pkl');
  if (!pickle || pickle.bytes > MOST_PICKLE) throw damaged(file);
  const order = files.get('byteorder');
  const text = ({ start, bytes }: StoredFile) =>
    withFile(file, (descriptor) => Buffer.from(readBytes(descriptor, file, start, bytes).buffer));
  if (order && text(order).toString() !== 'little')
    throw new BadInput('the file was written on a machine with big-endian numbers, which are not read', { file });
  const reader = {
    knows: (name: string) => name === TENSOR || name === ORDERED || Object.hasOwn(STORAGES, name),
    call: (name: string, args: Pickled[]) => {
      if (name === ORDERED) return new Map();
      if (name === TENSOR) return tensorOf(file, args);
      throw damaged(file);
    },
    persistent: (id: Pickled) => storageOf(file, files, id),
  };
  try {
    return unpickle(text(pickle), reader);
  } catch (error) {
    if (error instanceof BadInput) throw error;
    if (error instanceof UnknownName)
      throw new BadInput(`the file has a ${error.pickled}, but only plain tensors and plain values are read`, { file });
    if (error instanceof NotAPickle || error instanceof RangeError || error instanceof TypeError) throw damaged(file);
    throw error;
  }
}

function storageOf(file: string, files: Map<string, StoredFile>, id: Pickled): Storage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : [];
  const format = STORAGES[(type as Named | undefined)?.named ?? ''];
  const stored = typeof key === 'string' ? files.get(`data/${key}`) : undefined;
  const isWhole = typeof count === 'number' && stored?.bytes === count * (format?.bytes ?? 0);
  if (kind !== 'storage' || !format || !stored || !isWhole) throw damaged(file);
  return { key, dtype: format.dtype, elementBytes: format.bytes, stored };
}

function tensorOf(file: string, [storage, offset, size, stride]: Pickled[]): TorchTensor {
  const { key, dtype, elementBytes, stored } = (storage ?? {}) as Partial<Storage>;
  if (!stored || !elementBytes || !isSizes(size) || !isSizes(stride) || !isSizes([offset])) throw damaged(file);
  if (!isContiguous(size, stride))
    throw new BadInput(`tensor ${key} of the file is a view of others, which is not read`, { file });
  const bytes = sizeOf(size) * elementBytes;
  const start = Number(offset) * elementBytes;
  if (start + bytes > stored.bytes) throw damaged(file);
  return new TorchTensor({ name: key!, file, dtype: dtype!, shape: size, start: stored.start + start, bytes });
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** Whether rows follow each other. */
function isContiguous(size: number[], stride: number[]): boolean {
  let step = 1;
  return size.toReversed().every((length, index) => {
    const fits = length === 1 || stride[size.length - 1 - index] === step;
    step *= length;
    return fits;
  });
}

const damaged = (file: string) => damagedFile(file, "This is not a complete file of torch's (torch.save)");
