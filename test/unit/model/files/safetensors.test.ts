import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryName } from '../../../../src/files/temporary-name.ts';
import { readSafetensorsHeader, readTensor } from '../../../../src/model/files/safetensors.ts';
import { beyondFloat16, type NamedTensor, writeSafetensors } from '../../../../src/model/files/safetensors-writer.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { temporaryFolder, valuesOf, writeRawSafetensors, writeTensors } from '../model-folder.ts';

const SHAPES = new Map([
  ['b', [3, 5]],
  ['a', [7]],
  ['scalar', []],
  ['none', [0, 4]],
]);

describe('writing and reading back', () => {
  it.each(['float32', 'float16', 'bfloat16'] as const)('%s', async (dtype) => {
    const file = join(temporaryFolder(), 'x.safetensors');
    await writeTensors(file, SHAPES, dtype);
    const entries = readSafetensorsHeader(file);
    expect(new Map(entries.map(({ name, shape }) => [name, shape]))).toEqual(SHAPES);
    for (const entry of entries) expect(readTensor(entry)).toEqual(valuesOf(entry.name, entry.shape));
  });

  it('refuses a value that a format has not got, instead of writing an infinite one', async () => {
    const file = join(temporaryFolder(), 'x.safetensors');
    const write = (value: number, dtype: 'float32' | 'float16' | 'bfloat16') =>
      writeSafetensors(file, new Map([['a', [2]]]), [['a', [2], Float32Array.of(0, value)]], dtype);
    await expect(write(-65520, 'float16')).rejects.toThrow(
      'Tensor "a" has the value -65520, which would become infinite in float16',
    );
    await expect(write(3.4e38, 'bfloat16')).rejects.toThrow('infinite in bfloat16');
    expect(existsSync(file)).toBe(false);
    await write(65519, 'float16');
    expect(readTensor(readSafetensorsHeader(file)[0]!)).toEqual(Float32Array.of(0, 65504));
    await write(3.4e38, 'float32');
    expect(beyondFloat16({ a: { data: [1, 65519] } })).toBeUndefined();
    expect(beyondFloat16({ a: { data: [1] }, b: { data: [0, -65520] } })).toContain('Tensor "b" has the value -65520');
  });

  it('reads a tensor longer than one piece, at any place in the file', async () => {
    const file = join(temporaryFolder(), 'x.safetensors');
    const shapes = new Map([
      ['odd', [3]],
      ['long', [1_500_001]],
    ]);
    for (const dtype of ['float16', 'bfloat16'] as const) {
      await writeTensors(file, shapes, dtype);
      const long = readSafetensorsHeader(file).find(({ name }) => name === 'long')!;
      expect(Buffer.compare(bytesOf(readTensor(long)), bytesOf(valuesOf('long', [1_500_001])))).toBe(0);
    }
  });

  it('puts tensors in their place in whatever order they come, and marks the file as PyTorch does', async () => {
    const file = join(temporaryFolder(), 'x.safetensors');
    const tensors = [...SHAPES].reverse().map(([name, shape]) => [name, shape, valuesOf(name, shape)] as const);
    await writeSafetensors(file, SHAPES, tensors, 'float32');
    for (const entry of readSafetensorsHeader(file))
      expect(readTensor(entry)).toEqual(valuesOf(entry.name, entry.shape));
    const headerBytes = Number(readFileSync(file).readBigUInt64LE());
    const header = JSON.parse(readFileSync(file).toString('utf8', 8, 8 + headerBytes));
    expect(header.__metadata__).toEqual({ format: 'pt' });
    expect(headerBytes % 8).toBe(0);
  });

  it('leaves nothing, and the old file as it was, when the tensors do not come as announced', async () => {
    const file = join(temporaryFolder(), 'x.safetensors');
    writeFileSync(file, 'old');
    const write = (tensors: NamedTensor[]) => writeSafetensors(file, new Map([['a', [2]]]), tensors, 'float32');
    await expect(write([])).rejects.toThrow('never written: a');
    await expect(write([['a', [3], new Float32Array(3)]])).rejects.toThrow('announced as [2]');
    await expect(write([['z', [2], new Float32Array(2)]])).rejects.toThrow('"z" was not announced');
    const twice: NamedTensor = ['a', [2], new Float32Array(2)];
    await expect(write([twice, twice])).rejects.toThrow('written twice');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(existsSync(temporaryName(file))).toBe(false);
  });
});

describe('files that lie', () => {
  const tensor = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });

  it.each<[string, unknown, number, string]>([
    ['a header that is no JSON', '{"a": ', 0, 'This is not valid JSON'],
    ['a header that is a list', '[]', 0, 'must be a JSON object'],
    ['an entry that is no tensor', { a: null }, 0, 'entry for "a" is not a tensor'],
    ['negative sizes', { a: tensor([-1], 0, 4) }, 4, 'entry for "a" is not a tensor'],
    ['sizes that are no integers', { a: tensor([1e300], 0, 4) }, 4, 'entry for "a" is not a tensor'],
    ['a single offset', { a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4, 'entry for "a" is not a tensor'],
    ['an unknown dtype', { a: tensor([1], 0, 4, 'F4') }, 4, 'dtype F4, but only F32, F16 and BF16'],
    ['a prodigious shape', { a: tensor([1e9, 1e9, 1e9], 0, 4) }, 4, 'tensor "a" claims [1000000000, '],
    [
      'a shape that does not fit its bytes',
      { a: tensor([3], 0, 8) },
      8,
      'claims [3] of F32 (12 bytes), but the header',
    ],
    ['offsets that run backwards', { a: tensor([1], 8, 4) }, 8, 'gives it bytes 8 to 4'],
    ['offsets beyond the end', { a: tensor([1e12], 0, 4e12) }, 8, 'but the file ends after'],
    ['overlapping tensors', { a: tensor([2], 0, 8), b: tensor([2], 4, 12) }, 12, '"b" overlaps the one before it'],
    ['a hole', { a: tensor([1], 0, 4), b: tensor([1], 8, 12) }, 12, '4 bytes before tensor "b" belong to no tensor'],
    ['bytes behind the last tensor', { a: tensor([1], 0, 4) }, 9, 'its last 5 bytes belong to no tensor'],
  ])('%s', (_, header, dataBytes, message) => {
    const file = writeRawSafetensors(join(temporaryFolder(), 'x.safetensors'), header, dataBytes);
    expect(() => readSafetensorsHeader(file)).toThrow(BadInput);
    expect(() => readSafetensorsHeader(file)).toThrow(message);
    expect(() => readSafetensorsHeader(file)).toThrow(`${file}: `);
  });

  it.each([
    [200n, 'its header claims 200 bytes, but the file ends after'],
    [100_000_001n, 'its header claims 100000001 bytes, and the format allows 100000000'],
    [2n ** 64n - 1n, 'and the format allows 100000000'],
  ])('a header that claims %d bytes', (claim, message) => {
    const file = writeRawSafetensors(join(temporaryFolder(), 'x.safetensors'), {}, 4, claim);
    expect(() => readSafetensorsHeader(file)).toThrow(message);
  });

  it('is torn at every length', async () => {
    const file = join(temporaryFolder(), 'x.safetensors');
    await writeTensors(file, SHAPES);
    for (let bytes = readFileSync(file).length - 1; bytes >= 0; bytes -= 3) {
      truncateSync(file, bytes);
      expect(() => readSafetensorsHeader(file)).toThrow(BadInput);
    }
  });

  it('holds a dtype that we cannot read', () => {
    const file = join(temporaryFolder(), 'x.safetensors');
    writeRawSafetensors(file, { a: tensor([4], 0, 4, 'I8') }, 4);
    const [entry] = readSafetensorsHeader(file);
    expect(() => readTensor(entry!)).toThrow(
      `${file}: tensor "a" has dtype I8, but only F32, F16 and BF16 are supported`,
    );
  });

  it('is missing', () => {
    expect(() => readSafetensorsHeader(join(temporaryFolder(), 'x.safetensors'))).toThrow(
      'x.safetensors does not exist',
    );
  });
});

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}
