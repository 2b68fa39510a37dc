/** A base in 8 or 4 bits computes, learns and is merged as the model does whose weights are rounded so. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normals } from '../../../src/data/random.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import type { NdArray } from '../../../src/engine/tree.ts';
import type { ModelConfig } from '../../../src/model/config.ts';
import { adapterFiles, readQuantization, writeAdapterFiles } from '../../../src/model/files/adapter-files.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { STORED_FORMATS } from '../../../src/model/files/quantize.ts';
import { readRounded } from '../../../src/model/files/quantized-rows.ts';
import { readModel } from '../../../src/model/files/read-model.ts';
import { saveModelFolder } from '../../../src/model/files/save.ts';
import { checkWeights, loadWeights } from '../../../src/model/files/weights.ts';
import { Sampler } from '../../../src/model/generation/sampler.ts';
import { Scorer } from '../../../src/model/network/scorer.ts';
import { Packing } from '../../../src/model/packing.ts';
import { adapterShapes, parameterShapes } from '../../../src/model/parameters.ts';
import { quantizedNames } from '../../../src/model/quantized.ts';
import type { Weights } from '../../../src/model/weights-tree.ts';
import { QUANTIZATIONS, type Quantization } from '../../../src/protocol/quantization.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { requireLora } from '../../../src/trainer/policy/checkpoint-files.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { startAdapter } from '../../../src/trainer/policy/start-adapter.ts';
import { quantizationOf } from '../../../src/trainer/quantization.ts';
import { SftStage } from '../../../src/trainer/stages/sft.ts';
import { workloadOf } from '../../../src/trainer/workload.ts';
import { GREEDY, LORA, SEQUENCES } from './frozen-base.ts';
import { LLAMA, temporaryFolder, writeJson } from './model-folder.ts';

const engine = new OnnxEngine();
const FIELDS = { dataset: 'd', rewards: [], maxSteps: 3, learningRate: 1e-2, adamEpsilon: 1e-3, lora: LORA };

/** A model with random weights, whose MLP has outputs that are not made of whole blocks: 40 is not. */
async function floatFolder(): Promise<string> {
  const folder = temporaryFolder();
  const json = { ...LLAMA, hidden_size: 64, intermediate_size: 40, head_dim: 32, tie_word_embeddings: true };
  writeJson(folder, 'config.json', json);
  const config = readModelConfig(folder);
  const random = [...parameterShapes(config)].map(([name, shape]) => [name, shape, randomValues(name, shape)] as const);
  const saved = join(folder, 'saved');
  await saveModelFolder(saved, { source: folder, config, weights: random, dtype: 'float32' });
  return saved;
}

function randomValues(name: string, shape: readonly number[]): Float32Array {
  const values = normals(
    4,
    ['weights', name],
    shape.reduce((product, length) => product * length, 1),
  );
  return values.map((value) => (shape.length === 1 ? 1 + 0.2 * value : (2 * value) / Math.sqrt(shape[1]!)));
}

/** The same model with the values in float32 that it has once it is quantized. */
async function roundedFolder(folder: string, quantization: Quantization): Promise<string> {
  const config = readModelConfig(folder);
  const quantized = quantizedNames(config);
  const weights = [...checkWeights(folder, config)].map(([name, tensor]) => {
    const values = quantized.has(name) ? readRounded(tensor, quantization) : tensor.read();
    return [name, tensor.shape, values] as const;
  });
  const saved = join(temporaryFolder(), 'rounded');
  await saveModelFolder(saved, { source: folder, config, weights, dtype: 'float32' });
  return saved;
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce<number>((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

it("in int4 writes with ONNX Runtime's products of packed weights", async () => {
  const profile = temporaryFolder();
  const profiled = new OnnxEngine('cpu', { profile });
  const { config, weights } = await readModel(await floatFolder(), undefined, { quantization: 'int4' });
  const sampler = new Sampler(profiled, config, { ...GREEDY, group: 2 });
  await sampler.sample(weights, [[3, 1, 4]], 4, new Float32Array(8));
  profiled.endProfiles();
  const file = readdirSync(profile).find((name) => name.startsWith('decoding'))!;
  expect(readFileSync(join(profile, file), 'utf8')).toContain('MatMulNBits');
});

describe.each(QUANTIZATIONS)('a model in %s', (quantization) => {
  it('gives the log-probabilities of the rounded model, and not those of the original', async () => {
    const folder = await floatFolder();
    const score = async ({ config, weights }: { config: ModelConfig; weights: Weights }) =>
      (await new Scorer(engine, config, 1).logProbs(weights, SEQUENCES, 2)).flat();
    const quantized = await score(await readModel(folder, undefined, { quantization }));
    const rounded = await score(await readModel(await roundedFolder(folder, quantization)));
    expect(furthest(quantized, rounded)).toBeLessThan(1e-5);
    expect(furthest(quantized, await score(await readModel(folder)))).toBeGreaterThan(1e-4);
  });

  it('writes the tokens of the rounded model', async () => {
    const folder = await floatFolder();
    const write = async ({ config, weights }: { config: ModelConfig; weights: Weights }) => {
      const sampler = new Sampler(engine, config, { ...GREEDY, group: 2 });
      const completions = await sampler.sample(
        weights,
        [
          [3, 1, 4],
          [1, 5],
        ],
        8,
        new Float32Array(32),
      );
      return completions.map(({ ids }) => ids);
    };
    const rounded = await write(await readModel(await roundedFolder(folder, quantization)));
    expect(await write(await readModel(folder, undefined, { quantization }))).toEqual(rounded);
  });

  it('moves an adapter as the rounded model does', async () => {
    const folder = await floatFolder();
    const config = runConfigSchema.parse({ ...FIELDS, model: folder });
    const train = async (read: { config: ModelConfig; weights: Weights }): Promise<Weights> => {
      const model = { ...read.config, lora: config.lora! };
      const adapter = startAdapter(model, 1, read.weights);
      const run = { engine, eosTokenIds: [], supervised: true, model, config, weights: read.weights, adapter };
      const learner = new LocalLearner(run);
      const stage = new SftStage(learner, () => SEQUENCES);
      for (let step = 1; step <= 3; step++) await stage.step({ emit() {} });
      return learner.policy.state.weights;
    };
    const got = await train(await readModel(folder, undefined, { quantization }));
    const wanted = await train(await readModel(await roundedFolder(folder, quantization)));
    for (const [name, { data }] of Object.entries(wanted))
      expect(furthest(got[name]!.data, data), name).toBeLessThan(1e-4);
    const moved = Object.keys(wanted).filter((name) => name.endsWith('lora_B.weight'));
    for (const name of moved) expect(furthest(got[name]!.data, new Float32Array(10_000)), name).toBeGreaterThan(1e-3);
  });

  it('is merged with its adapter as it was trained, or into its own weights', async () => {
    const base = await floatFolder();
    const bare = readModelConfig(base);
    const { lora } = runConfigSchema.parse({ ...FIELDS, model: base });
    const tensors = [...adapterShapes({ ...bare, lora: lora! })].map(
      ([name, shape]) => [name, shape, randomValues(name, shape)] as const,
    );
    const merged = async (from: string, note?: Quantization) => {
      const folder = temporaryFolder();
      await writeAdapterFiles(folder, { base: from, lora: lora!, quantization: note }, tensors, 'float32');
      expect(readQuantization(folder)).toBe(note);
      expect(adapterFiles(folder)).toHaveLength(note ? 3 : 2);
      return folder;
    };
    const values = (folder: string, into?: 'original') => new Map(loadWeights(folder, readModelConfig(folder), into));
    const trained = await merged(base, quantization);
    expect(values(trained)).toEqual(values(await merged(await roundedFolder(base, quantization))));
    expect(values(trained, 'original')).toEqual(values(await merged(base)));
  });

  it('takes the memory that is planned', async () => {
    const folder = await floatFolder();
    const { config, weights } = await readModel(folder, undefined, { quantization });
    const bytes = Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(bytes).toBe(workloadOf({ ...config, quantization }, { trains: false, half: false }).bytes);
  });
});

/** The values of a tensor that is quantized, as the network sees them. */
function dequantized(weights: Weights, product: string): number[] {
  const [integers, scales] = [weights[`${product}.integers`]!, weights[`${product}.scales`]!] as [NdArray, NdArray];
  return Array.from(integers.data as Int8Array, (value, i) => Math.fround(value * scales.data[i >> 5]!));
}

it.each(['llama.gguf', 'qwen2.gguf'])('keeps the blocks of %s as they are', async (name) => {
  const file = join('test/references/fixtures/gguf', name);
  const { config, weights } = await readModel(file, undefined, { quantization: 'int8' });
  const float = new Packing(config).unpack((await readModel(file)).weights);
  const kept = [...checkWeights(file, config)].filter(
    ([tensor, { stored }]) => stored && quantizedNames(config).has(tensor),
  );
  expect(kept.length).toBeGreaterThan(0);
  for (const [tensor, { shape }] of kept) {
    const { into, start } = new Packing(config).rowsOf(tensor);
    const size = shape[0]! * shape[1]!;
    const values = dequantized(weights, into.replace(/\.weight$/, '')).slice(
      start * shape[1]!,
      start * shape[1]! + size,
    );
    expect(furthest(values, float[tensor]!.data), tensor).toBe(0);
  }
});

it('makes the blocks of 4 bits that llama.cpp does', () => {
  const values = Float32Array.from({ length: 32 }, (_, i) => (((i * 37) % 64) - 31) / 7);
  const bytes = new Uint8Array(18);
  expect(STORED_FORMATS.Q4_0.quantize(values, bytes)).toBe(true);
  // gguf.quants.quantize of the Python package.
  expect([...bytes]).toEqual([146, 184, 207, 55, 157, 4, 123, 226, 72, 191, 38, 157, 243, 106, 209, 72, 174, 21]);
  expect(STORED_FORMATS.Q4_0.quantize(values.fill(1e6), bytes)).toBe(false);
});

describe('asking for it', () => {
  const problemOf = (fields: object) => {
    const parsed = runConfigSchema.safeParse({ ...FIELDS, model: 'm', quantization: 'int8', ...fields });
    return parsed.success ? undefined : parsed.error.issues[0]!.message;
  };

  it.each([
    [{}, undefined],
    [{ lora: null }, 'requires "lora"'],
    [{ lora: { useDora: true } }, 'cannot be combined with "lora.useDora"'],
    [{ backend: 'trl' }, 'set "trl.quantization"'],
    [{ device: 'webgpu' }, 'for the CPU only, and "device" is "webgpu"'],
    [{ device: 'tensorflow' }, 'for the CPU only, and "device" is "tensorflow"'],
    [{ fp16: true }, 'cannot compute in float16'],
  ])('with %j: %s', (fields, message) => {
    const problem = problemOf(fields);
    if (message === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(message);
  });

  it('chooses as few bits as are needed', () => {
    const model = readModelConfig('test/references/fixtures/models/qwen3');
    const config = runConfigSchema.parse({ ...FIELDS, model: 'm', quantization: 'auto', device: 'cpu' });
    const lora = config.lora!;
    expect(quantizationOf({ ...config, quantization: null }, { ...model, lora })).toEqual({});
    expect(quantizationOf({ ...config, quantization: 'int4' }, { ...model, lora })).toEqual({ quantization: 'int4' });
    expect(quantizationOf(config, { ...model, lora })).toEqual({});
    const wide = { ...model, hiddenSize: 2 ** 36, lora };
    // Terabytes.
    expect(quantizationOf(config, wide)).toEqual({ quantization: 'int4' });
  });

  it('refuses a checkpoint of another base', async () => {
    const base = await floatFolder();
    const { lora } = runConfigSchema.parse({ ...FIELDS, model: base });
    const model = { ...readModelConfig(base), lora: lora! };
    const tensors = [...adapterShapes(model)].map(([name, shape]) => [name, shape, randomValues(name, shape)] as const);
    const folder = temporaryFolder();
    await writeAdapterFiles(folder, { base, lora: lora!, quantization: 'int4' }, tensors, 'float32');
    requireLora(folder, { ...model, quantization: 'int4' });
    expect(() => requireLora(folder, { ...model, quantization: 'int8' })).toThrow('set "quantization" to "int4"');
    expect(() => requireLora(folder, model)).toThrow('was trained on a model in int4');
  });
});
