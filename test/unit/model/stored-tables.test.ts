/** Embeddings that stay in the 16 bits of their files compute, learn and are merged to the bit as in float32. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { normals } from '../../../src/data/random.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import type { ModelConfig } from '../../../src/model/config.ts';
import { writeAdapterFiles } from '../../../src/model/files/adapter-files.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { readModel } from '../../../src/model/files/read-model.ts';
import { saveModelFolder } from '../../../src/model/files/save.ts';
import { tablesAsStored } from '../../../src/model/files/stored-tables.ts';
import { checkWeights } from '../../../src/model/files/weights.ts';
import { Sampler } from '../../../src/model/generation/sampler.ts';
import { Scorer } from '../../../src/model/network/scorer.ts';
import { adapterShapes, parameterShapes } from '../../../src/model/parameters.ts';
import { sizeOf } from '../../../src/model/shape.ts';
import type { Weights } from '../../../src/model/weights-tree.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { frozenModel, modelAsTrained } from '../../../src/trainer/model-as-trained.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { startAdapter } from '../../../src/trainer/policy/start-adapter.ts';
import { SftStage } from '../../../src/trainer/stages/sft.ts';
import { workloadOf } from '../../../src/trainer/workload.ts';
import { GREEDY, LORA, SEQUENCES } from './frozen-base.ts';
import { LLAMA, temporaryFolder, writeJson } from './model-folder.ts';

const FIXTURES = join(import.meta.dirname, '../../references/fixtures');
const GEMMA4 = join(FIXTURES, 'architectures/gemma4');
const PER_LAYER = 'model.embed_tokens_per_layer';
const OWN = 'model.embed_tokens';

const engine = new OnnxEngine();
const FIELDS = { model: 'm', dataset: 'd', rewards: [], maxSteps: 3, learningRate: 1e-2, adamEpsilon: 1e-3 };

type Model = { config: ModelConfig; weights: Weights };
type Dtype = 'float32' | 'float16' | 'bfloat16';

/** Zeros of both signs, and numbers that have fewer bits than others in one of the formats. */
const SPECIAL = [0, -0, 2 ** -24, -(2 ** -20), 2 ** -133, -(2 ** -130)];

/** The folder's model, with random weights of its own. */
async function randomFolder(source: string, dtype: Dtype): Promise<string> {
  const config = readModelConfig(source);
  const weights = [...parameterShapes(config)].map(([name, shape]) => {
    const values = normals(4, ['weights', name], sizeOf(shape)).map((value) => (shape.length === 1 ? 1 : 0.5) * value);
    if (name.includes('embed_tokens')) values.set(SPECIAL, 3 * shape[1]!);
    return [name, shape, values] as const;
  });
  const saved = join(temporaryFolder(), 'saved');
  await saveModelFolder(saved, { source, config, weights, dtype });
  return saved;
}

function llama(fields: object = {}): string {
  const folder = temporaryFolder();
  writeJson(folder, 'config.json', { ...LLAMA, ...fields });
  return folder;
}

function writeHalves(file: string, position: number, halves: number[]): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Uint16Array.from(halves), 0, 2 * halves.length, position);
  closeSync(descriptor);
}

const QWEN = { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };

const asStored = (folder: string, config: ModelConfig = readModelConfig(folder)): Promise<Model> =>
  readModel(folder, undefined, tablesAsStored(folder, config));

const namesOf = (folder: string, config: ModelConfig = readModelConfig(folder)): string[] => [
  ...(tablesAsStored(folder, config).tablesAsStored ?? []),
];

const score = async ({ config, weights }: Model): Promise<number[][]> =>
  new Scorer(engine, config, 1).logProbs(weights, SEQUENCES, 2);

async function write({ config, weights }: Model): Promise<unknown> {
  const sampler = new Sampler(engine, config, { ...GREEDY, group: 2 });
  const prompts = [
    [3, 1, 4],
    [1, 5],
  ];
  return sampler.sample(weights, prompts, 8, new Float32Array(32));
}

const loraOf = (fields: object) => runConfigSchema.parse({ ...FIELDS, lora: { ...LORA, ...fields } }).lora!;

/** An adapter after three steps. */
async function train({ config, weights }: Model, fields: object, recomputed: boolean): Promise<Weights> {
  const model = { ...config, recomputed, lora: loraOf(fields) };
  const adapter = startAdapter(model, 1, weights);
  const run = { engine, eosTokenIds: [], supervised: true, model, config: runConfigSchema.parse(FIELDS), weights };
  const learner = new LocalLearner({ ...run, adapter });
  const stage = new SftStage(learner, () => SEQUENCES);
  for (let step = 1; step <= 3; step++) await stage.step({ emit() {} });
  return learner.policy.state.weights;
}

describe.each([
  ['Gemma 4', () => GEMMA4, PER_LAYER],
  ['Llama with a head of its own', () => llama(), OWN],
  ['Qwen with a head of its own and a large vocabulary', () => llama({ ...QWEN, vocab_size: 70_000 }), OWN],
] as const)('%s', (_, source, table) => {
  describe.each(['float16', 'bfloat16'] as const)('in %s', (dtype) => {
    it('keeps its table as it is stored', async () => {
      const folder = await randomFolder(source(), dtype);
      const { weights } = await asStored(folder);
      expect(weights[`${table}.weight`]).toBeUndefined();
      const { data: bits, dtype: type, shape } = weights[`${table}.bits`]!;
      const { data: values } = weights[`${table}.values`]!;
      const stored = checkWeights(folder, readModelConfig(folder)).get(`${table}.weight`)!;
      expect([type, shape]).toEqual(['uint16', stored.shape]);
      expect(Float32Array.from(bits, (pattern) => values[pattern]!)).toEqual(stored.read());
    });

    it('gives the same log-probabilities, and writes the same tokens', async () => {
      const folder = await randomFolder(source(), dtype);
      expect(await score(await asStored(folder))).toEqual(await score(await readModel(folder)));
      expect(await write(await asStored(folder))).toEqual(await write(await readModel(folder)));
    });

    const recomputed = dtype === 'bfloat16';
    it(`moves an adapter alike${recomputed ? ', also where activations are recomputed' : ''}`, async () => {
      const folder = await randomFolder(source(), dtype);
      const config = { ...readModelConfig(folder), lora: loraOf({}) };
      const trained = await train(await asStored(folder, config), {}, recomputed);
      expect(trained).toEqual(await train(await readModel(folder), {}, recomputed));
      const { data } = trained['model.layers.0.mlp.down_proj.lora_B.weight']!;
      expect(Math.max(...data)).toBeGreaterThan(1e-3);
    });

    it('takes the memory that is planned', async () => {
      const { config, weights } = await asStored(await randomFolder(source(), dtype));
      const { bytes, gpuBytes } = workloadOf(config, { trains: false, half: false });
      const held = Object.entries(weights).filter(([name]) => !name.endsWith('.values'));
      expect(held.reduce((sum, [, { data }]) => sum + data.byteLength, 0)).toBe(bytes);
      expect(gpuBytes - bytes).toBe(2 * weights[`${table}.bits`]!.data.length);
    });

    it('is read so where it is run, on the CPU only', async () => {
      const folder = await randomFolder(source(), dtype);
      const { config, read } = modelAsTrained(folder, { device: 'auto', fp16: false });
      expect(config.tablesAsStored).toEqual(new Set([`${table}.weight`]));
      expect((await read(engine)).weights[`${table}.bits`]).toBeDefined();
      const onGpu = await read({ name: 'webgpu' });
      expect(onGpu.weights).toEqual((await readModel(folder)).weights);
      expect(modelAsTrained(folder, { device: 'webgpu', fp16: false }).config.tablesAsStored).toBeUndefined();
    });

    it('refuses numbers that are not finite in the same words', async () => {
      const folder = await randomFolder(source(), dtype);
      const tensor = checkWeights(folder, readModelConfig(folder)).get(`${table}.weight`)!;
      const { file } = tensor;
      const { start } = tensor as unknown as { start: number };
      writeHalves(file, start, dtype === 'float16' ? [0xfc00, 0x7e01] : [0xff80, 0x7fc1]);
      const message = `tensor "${table}.weight" has 2 values that are not finite (of ${sizeOf(tensor.shape)})`;
      await expect(asStored(folder)).rejects.toThrow(message);
      await expect(readModel(folder)).rejects.toThrow(message);
    });
  });
});

test('tables of .gguf files stay as they are stored, too', async () => {
  const file = join(FIXTURES, 'gguf-models/olmo3/olmo3.gguf');
  const { config, weights } = await asStored(file);
  expect(weights[`${OWN}.bits`]).toBeDefined();
  expect(await score({ config, weights })).toEqual(await score(await readModel(file)));
  expect(namesOf(join(FIXTURES, 'gguf/llama.gguf'))).toEqual([]); // Q6_K
  expect(namesOf(join(FIXTURES, 'gguf/qwen2.gguf'))).toEqual([]); // tied
});

describe('what stays in float32', () => {
  it('is what files have so, and what the head multiplies with', async () => {
    expect(namesOf(await randomFolder(llama(), 'float32'))).toEqual([]);
    expect(namesOf(await randomFolder(llama({ tie_word_embeddings: true }), 'bfloat16'))).toEqual([]);
  });

  it.each([
    ['an embedding with an adapter', { targetModules: ['q_proj', 'embed_tokens'] }],
    ['an embedding that is trained as a whole', { modulesToSave: ['embed_tokens'] }],
  ])('is %s, which learns alike', async (_, fields) => {
    const folder = await randomFolder(llama(), 'bfloat16');
    const config = { ...readModelConfig(folder), lora: loraOf(fields) };
    expect(namesOf(folder, config)).toEqual([]);
    expect(await train(await asStored(folder, config), fields, false)).toEqual(
      await train(await readModel(folder), fields, false),
    );
  });

  it('is an embedding that an adapter was merged into', async () => {
    const base = await randomFolder(llama(), 'bfloat16');
    const merged = async (targetModules: string[]) => {
      const lora = loraOf({ targetModules });
      const tensors = [...adapterShapes({ ...readModelConfig(base), lora })].map(
        ([name, shape]) => [name, shape, normals(1, [name], sizeOf(shape))] as const,
      );
      const folder = temporaryFolder();
      await writeAdapterFiles(folder, { base, lora }, tensors, 'float32');
      return folder;
    };
    const changed = await merged(['embed_tokens']);
    expect(namesOf(changed)).toEqual([]);
    const others = await merged(['q_proj', 'lm_head']);
    expect(namesOf(others)).toEqual([`${OWN}.weight`]);
    for (const folder of [changed, others]) {
      const { read } = frozenModel(folder, readModelConfig(folder), { device: 'cpu', fp16: false });
      expect(await score(await read(engine))).toEqual(await score(await readModel(folder)));
    }
  });
});
