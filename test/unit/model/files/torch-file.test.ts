import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as py from '../../../../src/model/files/python-pickle.ts';
import { readTensor } from '../../../../src/model/files/safetensors.ts';
import { readTorchFile, type TorchTensor } from '../../../../src/model/files/torch-file.ts';
import { writeTorchFile } from '../../../../src/model/files/torch-writer.ts';

function fileInFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-torch-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'optimizer.pt');
}

async function written(value: Buffer, storages: [string, Float32Array][] = []): Promise<string> {
  const file = fileInFolder();
  await writeTorchFile(file, value, new Map(storages.map(([key, { byteLength }]) => [key, byteLength])), storages);
  return file;
}

test('what is written is read', async () => {
  const values = Float32Array.from({ length: 6 }, (_, i) => i / 3);
  const file = await written(
    py.record({
      state: py.dict([[py.int(0), py.record({ step: py.tensor('0', []), exp_avg: py.tensor('1', [2, 3]) })]]),
      groups: py.list([py.float(1e-3), py.tuple([py.float(0.9), py.float(-0)]), py.none, py.bool(true)]),
      numbers: py.tuple([0, 1, -1, 255, 65536, -(2 ** 40), 2 ** 47 - 1].map(py.int)),
      größer: py.text('ü'),
    }),
    [
      ['0', Float32Array.of(7)],
      ['1', values],
    ],
  );
  const read = readTorchFile(file) as Map<string, unknown>;
  expect(read.get('groups')).toEqual([1e-3, [0.9, -0], null, true]);
  expect(read.get('numbers')).toEqual([0, 1, -1, 255, 65536, -(2 ** 40), 2 ** 47 - 1]);
  expect(read.get('größer')).toBe('ü');
  const state = read.get('state') as Map<number, Map<string, TorchTensor>>;
  const { step, exp_avg } = Object.fromEntries(state.get(0)!) as Record<string, TorchTensor>;
  expect([...readTensor(step!)]).toEqual([7]);
  expect(exp_avg).toMatchObject({ shape: [2, 3], dtype: 'F32' });
  expect(exp_avg!.start % 64).toBe(0);
  expect(readTensor(exp_avg!)).toEqual(values);
});

test('nothing that a pickle names is called', async () => {
  // What pickle.dumps gives for an object whose __reduce__ is (os.system, ('touch x',)).
  const call = Buffer.concat([Buffer.from('cposix\nsystem\n('), py.text('touch x'), Buffer.from('tR')]);
  const file = await written(py.record({ state: call }));
  expect(() => readTorchFile(file)).toThrow(
    'the file has a posix.system, but only plain tensors and plain values are read',
  );
  const built = await written(
    Buffer.concat([Buffer.from('ccollections\nOrderedDict\n)R'), py.dict([]), Buffer.from('b')]),
  );
  expect(() => readTorchFile(built)).toThrow('not a complete file of torch');
});

test('a tensor is within its storage, and its rows follow each other', async () => {
  const values: [string, Float32Array][] = [['0', new Float32Array(6)]];
  const beyond = await written(py.tensor('0', [2, 3]), [['0', new Float32Array(5)]]);
  expect(() => readTorchFile(beyond)).toThrow('not a complete file');
  const other = await written(py.tensor('1', [2, 3]), values);
  expect(() => readTorchFile(other)).toThrow('not a complete file');
  const file = await written(py.tensor('0', [2, 3]), values);
  const bytes = readFileSync(file);
  // Strides 3 and 1, the other way round.
  const strides = Buffer.concat([py.tuple([py.int(3), py.int(1)])]);
  const place = bytes.indexOf(strides);
  expect(place).toBeGreaterThan(0);
  py.tuple([py.int(1), py.int(2)]).copy(bytes, place);
  writeFileSync(file, bytes);
  expect(() => readTorchFile(file)).toThrow('a view of others, which is not read');
});

test('whatever is changed or cut off, it is read or refused in a sentence', async () => {
  const file = await written(py.record({ state: py.tensor('0', [2, 2]), lr: py.float(1) }), [
    ['0', new Float32Array(4)],
  ]);
  const whole = readFileSync(file);
  let refused = 0;
  const tryRead = (bytes: Buffer) => {
    writeFileSync(file, bytes);
    try {
      readTorchFile(file);
    } catch (error) {
      expect((error as Error).constructor.name).toBe('BadInput');
      refused++;
    }
  };
  for (let length = 0; length < whole.length; length += 7) tryRead(whole.subarray(0, length));
  expect(refused).toBe(Math.ceil(whole.length / 7));
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = [0, 0xff, whole[at]! ^ 1][at % 3]!;
    tryRead(bytes);
  }
  expect(refused).toBeGreaterThan(whole.length / 7 + 50);
});
