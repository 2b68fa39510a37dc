/** What is GPT-2's own: its names, Conv1D weights that files have transposed, and adapters on these. Fixtures: test/references/gpt2_adapters.py. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { floats } from '../../../../src/engine/tree.ts';
import {
  adapterEntries,
  readAdapterConfig,
  savedName,
  writeAdapterFiles,
} from '../../../../src/model/files/adapter-files.ts';
import { fileShapes } from '../../../../src/model/files/conv1d.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { readSafetensorsHeader, readTensor } from '../../../../src/model/files/safetensors.ts';
import { type NamedTensor, writeSafetensors } from '../../../../src/model/files/safetensors-writer.ts';
import { loadWeights } from '../../../../src/model/files/weights.ts';
import { loraProblem } from '../../../../src/model/lora-targets.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';
import { adapterShapes } from '../../../../src/model/parameters.ts';
import { loraConfig } from '../../../../src/protocol/lora-config.ts';
import { temporaryFolder, writeJson } from '../model-folder.ts';

const FIXTURES = join(import.meta.dirname, '../../../references/fixtures');
const GPT2 = join(FIXTURES, 'architectures/gpt2');
const config = JSON.parse(readFileSync(join(GPT2, 'config.json'), 'utf8'));
const engine = new OnnxEngine();

/** A folder with the model's config, some fields changed. */
function folderWith(fields: object): string {
  const folder = temporaryFolder();
  writeJson(folder, 'config.json', { ...config, ...fields });
  return folder;
}

it.each([
  [{ activation_function: 'relu' }, '"activation_function" is "relu", but only "gelu_new" and "gelu_pytorch_tanh" are'],
  [{ add_cross_attention: true }, '"add_cross_attention" is true, but there is no encoder'],
  [{ n_head: 3 }, '"n_embd" (16) must be a multiple of "n_head" (3)'],
  [{ hidden_size: null }, '"n_embd" must be a positive integer'],
  [{ quantization_config: { quant_method: 'bitsandbytes' } }, 'the weights are quantized (bitsandbytes)'],
])('refuses %j', (fields, message) => {
  const folder = folderWith(fields);
  expect(() => readModelConfig(folder)).toThrow(`${join(folder, 'config.json')}: ${message}`);
});

it("has transformers' sizes where config.json says nothing of them", () => {
  const { vocabSize, hiddenSize, layers, maxPositionEmbeddings } = readModelConfig(
    folderWith({
      vocab_size: undefined,
      n_embd: undefined,
      n_layer: undefined,
      n_head: undefined,
      n_positions: undefined,
    }),
  );
  expect([vocabSize, hiddenSize, layers.length, maxPositionEmbeddings]).toEqual([50_257, 768, 12, 1024]);
  expect(layers[0]!.mixer).toMatchObject({ heads: 12, headDim: 64 });
});

it("takes sizes by other models' names before its own, as transformers does", () => {
  const others = { hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 2, max_position_embeddings: 50 };
  const { hiddenSize, layers, maxPositionEmbeddings } = readModelConfig(folderWith(others));
  expect([hiddenSize, layers.length, maxPositionEmbeddings]).toEqual([24, 2, 50]);
  expect(layers[0]!.mixer).toMatchObject({ heads: 2, headDim: 12 });
});

describe('files', () => {
  const tensors: NamedTensor[] = readSafetensorsHeader(join(GPT2, 'model.safetensors')).map((entry) => [
    entry.name,
    entry.shape,
    readTensor(entry),
  ]);
  async function folderOf(changed: NamedTensor[]): Promise<string> {
    const folder = folderWith({});
    const shapes = new Map(changed.map(([name, shape]) => [name, shape]));
    await writeSafetensors(join(folder, 'model.safetensors'), shapes, changed, 'float32');
    return folder;
  }
  const load = (folder: string) => new Map(loadWeights(folder, readModelConfig(folder)));

  it("OpenAI's, with names of the bare decoder and causal masks, are the same model", async () => {
    const masks: NamedTensor[] = ['bias', 'masked_bias'].map((kind) => [
      `h.0.attn.${kind}`,
      [1, 1, 4, 4],
      new Float32Array(16),
    ]);
    const bare = tensors.map(([name, ...rest]): NamedTensor => [name.replace('transformer.', ''), ...rest]);
    expect(load(await folderOf([...bare, ...masks]))).toEqual(load(GPT2));
  });

  it('a weight is [outputs, inputs] here, and [inputs, outputs] in the file', () => {
    const name = 'transformer.h.1.attn.c_attn.weight';
    const { shape, data } = load(GPT2).get(name)!;
    const [, inFile, values] = tensors.find(([other]) => other === name)!;
    expect([shape, inFile]).toEqual([
      [48, 16],
      [16, 48],
    ]);
    expect(fileShapes(readModelConfig(GPT2)).get(name)).toEqual([16, 48]);
    // The third input of the output 30.
    expect(data[30 * 16 + 3]).toBe(values[3 * 48 + 30]);
  });

  it("nanoGPT's own, whose linear layers are PyTorch's, are refused with both shapes as files have them", async () => {
    const turned = tensors.map(
      ([name, shape, values]): NamedTensor => [
        name,
        name.includes('.c_') && shape.length === 2 ? shape.toReversed() : shape,
        values,
      ],
    );
    const folder = await folderOf(turned);
    expect(() => load(folder)).toThrow(
      'tensor "transformer.h.0.attn.c_attn.weight" is [48, 16], but config.json asks for [16, 48]',
    );
  });
});

interface Expected {
  row: { prompt_ids: number[]; completion_ids: number[] };
  base: number[];
  adapters: Record<string, number[]>;
}
const expected: Expected = JSON.parse(readFileSync(join(FIXTURES, 'gpt2-adapters/expected.json'), 'utf8'));
const sequence = { promptIds: expected.row.prompt_ids, completionIds: expected.row.completion_ids };
const distance = (a: number[], b: number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

/** The adapter with its model's path in it. */
function adapterFolder(name: string): string {
  const folder = join(temporaryFolder(), name);
  cpSync(join(FIXTURES, 'gpt2-adapters', name), folder, { recursive: true });
  const json = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'));
  writeJson(folder, 'adapter_config.json', { ...json, base_model_name_or_path: GPT2 });
  return folder;
}

async function logProbs(folder: string): Promise<number[]> {
  const model = await readModel(folder);
  return (await new Scorer(engine, model.config, 1).logProbs(model.weights, [sequence]))[0]!;
}

/** The adapter beside its model, as training has it. */
async function trained(folder: string) {
  const base = await readModel(GPT2);
  const model = { ...base.config, lora: readAdapterConfig(folder)!.lora };
  const entries = new Map(adapterEntries(folder).map((entry) => [entry.name, entry]));
  const tensors = [...adapterShapes(model)].map(
    ([name, shape]): NamedTensor => [name, shape, readTensor(entries.get(savedName(name))!)],
  );
  return { base, model, tensors };
}

describe.each(Object.entries(expected.adapters))('the adapter %s', (name, theirs) => {
  it('merged, computes what PEFT computes with it', async () => {
    expect(distance(await logProbs(adapterFolder(name)), theirs)).toBeLessThan(1e-4);
    expect(distance(expected.base, theirs)).toBeGreaterThan(0.3);
  });

  it.skipIf(name === 'bias-all')('beside the weights, computes the same, and is written as PEFT wrote it', async () => {
    const folder = adapterFolder(name);
    const { base, model, tensors } = await trained(folder);
    const adapter = tensors.map(([tensor, shape, values]) => [tensor, floats(values, [...shape])] as const);
    const weights = { ...base.weights, ...Object.fromEntries(adapter) };
    const [ours] = await new Scorer(engine, model, 1).logProbs(weights, [sequence]);
    expect(distance(ours!, theirs)).toBeLessThan(1e-4);

    const written = temporaryFolder();
    await writeAdapterFiles(written, { base: GPT2, lora: model.lora, conv1d: model.conv1d }, tensors, 'float32');
    const fields = (from: string) => JSON.parse(readFileSync(join(from, 'adapter_config.json'), 'utf8'));
    expect(readAdapterConfig(written)).toEqual(readAdapterConfig(folder));
    // PEFT's own is false where the last module that it put an adapter on was no Conv1D.
    expect(fields(written).fan_in_fan_out).toBe(true);
    const names = (from: string) =>
      readSafetensorsHeader(join(from, 'adapter_model.safetensors')).map((each) => each.name);
    // PEFT saves the embeddings under an adapter on them as well.
    const saved = names(folder).filter((each) => !each.includes('.base_layer.'));
    expect(names(written).sort()).toEqual(saved.sort());
  });
});

it.each([
  [
    { targetModules: ['wpe'] },
    'targetModules',
    /means transformer\.wpe too, whose embeddings of positions take no ada/,
  ],
  [{ targetModules: '.*attn.*' }, 'targetModules', /means transformer\.h\.0\.attn too, which is not a linear layer/],
  [{ targetModules: ['q_proj'] }, 'targetModules', /its modules are transformer\.h\.0\.attn\.c_attn, /],
  [
    { targetModules: ['c_attn'], modulesToSave: ['embed_tokens'] },
    'modulesToSave',
    /has "embed_tokens", but the model has transformer\.wte and lm_head/,
  ],
])('refuses the adapter %j', (fields, field, message) => {
  // Paths in full may be anything.
  const lora = { ...loraConfig.parse({})!, ...fields } as NonNullable<ReturnType<typeof loraConfig.parse>>;
  expect(loraProblem({ ...readModelConfig(GPT2), lora })).toEqual({ field, message: expect.stringMatching(message) });
});
