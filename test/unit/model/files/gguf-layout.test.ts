import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryName } from '../../../../src/files/temporary-name.ts';
import { readGguf, readGgufTensor } from '../../../../src/model/files/gguf.ts';
import { ggufLayout } from '../../../../src/model/files/gguf-layout.ts';
import { writeGguf } from '../../../../src/model/files/gguf-writer.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { modelFolder, temporaryFolder, valuesOf } from '../model-folder.ts';

const layoutOf = (folder: string, type: 'F16' | 'Q8_0') => ggufLayout(folder, readModelConfig(folder), 'tiny', type);

it('stores rows that are not made of whole blocks in float16, and vectors in float32', async () => {
  const folder = await modelFolder({ hidden_size: 32, intermediate_size: 48 });
  const { plan } = layoutOf(folder, 'Q8_0');
  expect(plan.get('token_embd.weight')).toEqual({ shape: [11, 32], type: 'Q8_0' });
  expect(plan.get('blk.1.ffn_down.weight')).toEqual({ shape: [32, 48], type: 'F16' });
  expect(plan.get('blk.1.ffn_norm.weight')).toEqual({ shape: [32], type: 'F32' });
});

it("puts the rows of Llama's queries and keys in llama.cpp's order, and no others", async () => {
  const folder = await modelFolder();
  const file = join(temporaryFolder(), 'm.gguf');
  const { metadata, plan, tensors } = layoutOf(folder, 'F16');
  async function* all() {
    yield* tensors();
  }
  await writeGguf(file, metadata, plan, all());
  const written = new Map(readGguf(file).tensors.map((tensor) => [tensor.name, tensor]));
  const read = (name: string) => readGgufTensor(written.get(name)!);
  // Two heads of four rows: each row of the first half is followed by its partner in the second half.
  const own = valuesOf('model.layers.0.self_attn.q_proj.weight', [8, 8]);
  const rows = [0, 2, 1, 3, 4, 6, 5, 7].flatMap((row) => [...own.subarray(row * 8, (row + 1) * 8)]);
  expect([...read('blk.0.attn_q.weight')]).toEqual(rows);
  expect(read('blk.0.attn_v.weight')).toEqual(valuesOf('model.layers.0.self_attn.v_proj.weight', [4, 8]));
  expect(read('output.weight')).toEqual(valuesOf('lm_head.weight', [11, 8]));
});

it('has no name that llama.cpp would take for that of a model with other special tokens', async () => {
  const folder = await modelFolder();
  const nameOf = (name: string) =>
    ggufLayout(folder, readModelConfig(folder), name, 'F16').metadata.get('general.name')?.value;
  expect(nameOf('phi3 sort step 20')).toBe('phi 3 sort step 20');
  expect(nameOf('Phi-3.5-mini')).toBe('Phi 3.5-mini');
  expect(nameOf('phi-4-mini')).toBe('phi-4-mini');
});

it('stretches frequencies by the numbers of the model, whatever they are', async () => {
  const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  const rope_parameters = { ...scaling, rope_theta: 10_000, original_max_position_embeddings: 32 };
  const folder = await modelFolder({ rope_parameters });
  const { plan, tensors } = layoutOf(folder, 'F16');
  expect(plan.get('rope_freqs.weight')).toEqual({ shape: [2], type: 'F32' });
  const [[name, divisors]] = tensors() as unknown as [[string, Float32Array]];
  expect(name).toBe('rope_freqs.weight');
  // Wavelengths of 2π and 200π; the original context of 32 tokens is 5.1 and 0.05 of them.
  expect([...divisors]).toEqual([1, 8]);
});

it('leaves nothing behind when a tensor is missing or too many', async () => {
  const file = join(temporaryFolder(), 'm.gguf');
  const plan = new Map([['x', { shape: [4], type: 'F32' as const }]]);
  const write = (...names: string[]) =>
    writeGguf(
      file,
      new Map(),
      plan,
      (async function* () {
        for (const name of names) yield [name, new Float32Array(4)] as const;
      })(),
    );
  await expect(write()).rejects.toThrow('tensors announced but never written: x');
  await expect(write('x', 'x')).rejects.toThrow('"x" was not announced, or was written twice');
  expect(existsSync(file) || existsSync(temporaryName(file))).toBe(false);
  await write('x');
  expect(readFileSync(file).length % 32).toBe(0);
});
