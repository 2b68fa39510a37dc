/** Files that llama.cpp's own converter wrote of newer architectures (test/references/gguf_architectures.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { ARCHITECTURES } from '../../../../src/model/architectures/table.ts';
import {
  type Attention,
  isAttention,
  type Layer,
  type ModelConfig,
  type Rotary,
  type RotaryScaling,
} from '../../../../src/model/config.ts';
import { BLOCK_FORMATS } from '../../../../src/model/files/dequantize.ts';
import { type GgufLayout, ggufLayout } from '../../../../src/model/files/gguf-layout.ts';
import { writeGguf } from '../../../../src/model/files/gguf-writer.ts';
import { readArchitecture, readModelConfig } from '../../../../src/model/files/model-config.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { saveModelFolder } from '../../../../src/model/files/save.ts';
import { checkWeights, loadWeights } from '../../../../src/model/files/weights.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';
import { asInGguf } from '../../../helpers/as-in-gguf.ts';
import { modelFolder, temporaryFolder, writeJson } from '../model-folder.ts';

const REFERENCES = join(import.meta.dirname, '../../../references/fixtures');
const FIXTURES = join(REFERENCES, 'gguf-models');
const fixture = (name: string) => join(FIXTURES, name);
const engine = new OnnxEngine();

interface Expected {
  promptIds: number[];
  completionIds: number[];
  logProbs: number[];
}

describe.each(readdirSync(FIXTURES))('%s', (name) => {
  const folder = fixture(name);
  const file = join(folder, `${name}.gguf`);

  it('has the log-probabilities that transformers gives the model it was made of', async () => {
    const expected: Expected[] = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    const { config, weights } = await readModel(file);
    const scored = await new Scorer(engine, config, 1).logProbs(weights, expected);
    scored.forEach((logProbs, row) => {
      logProbs.forEach((logProb, i) => {
        expect(logProb).toBeCloseTo(expected[row]!.logProbs[i]!, 4);
      });
    });
  });

  it('is described as in the folder, and again when it is saved as one', async () => {
    const config = readModelConfig(file);
    expect(asInGguf(config)).toEqual(asInGguf(readModelConfig(folder)));
    const saved = join(temporaryFolder(), 'saved');
    const weights = [...loadWeights(file, config)].map(([tensor, { shape, data }]) => [tensor, shape, data] as const);
    await saveModelFolder(saved, { source: file, config, weights, dtype: 'float32' });
    expect(readModelConfig(saved)).toEqual(config);
  });
});

describe('every architecture', () => {
  const foldersIn = (name: string) => readdirSync(join(REFERENCES, name)).map((one) => join(REFERENCES, name, one));
  /** What `grpo export` is compared with llama.cpp on: test/integration/cli/export.test.ts. */
  const compared = new Set(
    [...['gguf-models', 'models'].flatMap(foldersIn), join(REFERENCES, 'architectures/granite4')].map(
      (folder) => readArchitecture(folder).className,
    ),
  );
  const folderOf = (className: string) =>
    foldersIn('architectures').find((folder) => readArchitecture(folder).className === className) ?? lectureModel();

  it.each(ARCHITECTURES)('$className: is compared with llama.cpp, or refused by its name', ({ className, gguf }) => {
    if (gguf?.writes) return expect(compared).toContain(className);
    const folder = folderOf(className);
    expect(() => ggufLayout(folder, readModelConfig(folder), 'tiny', 'F16')).toThrow(
      `the model cannot be exported as GGUF: ${className} is not written to GGUF files; export a merged model folder`,
    );
  });
});

const withTable = (config: ModelConfig, name: string, change: (table: Rotary) => Rotary): ModelConfig => ({
  ...config,
  rotary: { ...config.rotary, [name]: change(config.rotary[name]!) },
});
const withWindowTheta = (theta: number) => (config: ModelConfig) =>
  withTable(config, 'windows', (table) => ({ ...table, theta }));
const withYarn = (change: { factor?: number; betaSlow?: number; truncate?: boolean }) => (config: ModelConfig) =>
  withTable(config, 'all', (table) => ({ ...table, scaling: { ...table.scaling, ...change } as RotaryScaling }));

it('puts the blocks of gate and up together for a dense Granite 4', async () => {
  const folder = await modelFolder({
    ...{ architectures: ['GraniteMoeHybridForCausalLM'], model_type: 'granitemoehybrid', hidden_size: 32 },
    ...{ num_local_experts: 0, shared_intermediate_size: 64, layer_types: ['attention', 'attention'] },
  });
  const layout = ggufLayout(folder, readModelConfig(folder), 'tiny', 'Q8_0');
  expect(layout.plan.get('blk.1.ffn_up.weight')).toEqual({ shape: [64, 32], type: 'Q8_0' });
  const file = await written(layout);
  const { stored, read, shape } = checkWeights(file, readModelConfig(file)).get(
    'model.layers.1.shared_mlp.input_linear.weight',
  )!;
  expect(shape).toEqual([128, 32]);
  const kept = new Float32Array(128 * 32);
  BLOCK_FORMATS.Q8_0.dequantize(stored!.read(), kept);
  expect(kept).toEqual(read());
});

const attentionInThirdOfFive = (config: ModelConfig): ModelConfig => {
  const [recurrent, attention] = config.layers as [Layer, Layer];
  return { ...config, layers: [recurrent, recurrent, attention, attention, recurrent] };
};

async function written(
  layout: GgufLayout,
  tensors: Iterable<readonly [name: string, values: Float32Array]> = layout.tensors(),
): Promise<string> {
  const file = join(temporaryFolder(), 'written.gguf');
  async function* all() {
    yield* tensors;
  }
  await writeGguf(file, layout.metadata, layout.plan, all());
  return file;
}

it('takes the number of key and value heads of each layer, as files of dense Granite 4 models have it', async () => {
  const folder = fixture('granite');
  const layout = ggufLayout(folder, readModelConfig(folder), 'tiny', 'F16');
  layout.metadata.set('granite.attention.head_count_kv', { type: 'int32s', value: [2, 2] });
  expect(asInGguf(readModelConfig(await written(layout)))).toEqual(asInGguf(readModelConfig(folder)));
});

it('passes over layers of Qwen 3.5 that predict the tokens after the next', async () => {
  const own = join(fixture('qwen3_5'), 'qwen3_5.gguf');
  const config = readModelConfig(own);
  const layout = ggufLayout(own, config, 'tiny', 'F16');
  layout.metadata.set('qwen35.block_count', { type: 'uint32', value: 3 });
  layout.metadata.set('qwen35.nextn_predict_layers', { type: 'uint32', value: 1 });
  const [first, last] = ['blk.0.attn_norm.weight', 'blk.2.attn_norm.weight'];
  layout.plan.set(last, layout.plan.get(first)!);
  const tensors = [...layout.tensors()];
  const file = await written(layout, [...tensors, [last, tensors.find(([name]) => name === first)![1]]]);
  expect(readModelConfig(file).layers).toEqual(config.layers);
  expect([...loadWeights(file, readModelConfig(file))]).toEqual([...loadWeights(own, config)]);
});

it('passes over keys and values of layers of Gemma 4 that have those of others', async () => {
  const own = join(fixture('gemma4'), 'gemma4.gguf');
  const config = readModelConfig(own);
  const layout = ggufLayout(own, config, 'tiny', 'F16');
  const extra = ['attn_k.weight', 'attn_v.weight', 'attn_k_norm.weight'].map((name) => `blk.3.${name}`);
  for (const name of extra) layout.plan.set(name, { shape: [6], type: 'F32' });
  const file = await written(layout, [
    ...layout.tensors(),
    ...extra.map((name) => [name, new Float32Array(6)] as const),
  ]);
  expect([...loadWeights(file, config)]).toEqual([...loadWeights(own, config)]);
});

it.each<[string, (config: ModelConfig) => ModelConfig]>([
  [
    'slower frequencies',
    (config) =>
      withTable(config, 'full_attention', (table) => ({
        ...table,
        scaling: { ...table.scaling, factor: 1.5 } as RotaryScaling,
      })),
  ],
  ['no cap of logits', ({ logitCap: _, ...config }) => config],
])('reads a Gemma 4 with %s as it was written', async (_, change) => {
  const own = join(fixture('gemma4'), 'gemma4.gguf');
  const config = change(readModelConfig(own));
  expect(readModelConfig(await written(ggufLayout(own, config, 'tiny', 'F16')))).toEqual({
    ...config,
    ...{ eosTokenIds: [], bosTokenId: undefined, padTokenId: undefined },
  });
});

it('reads no frequencies of Gemma 4 that are divided otherwise', async () => {
  const own = join(fixture('gemma4'), 'gemma4.gguf');
  const layout = ggufLayout(own, readModelConfig(own), 'tiny', 'F16');
  const tensors = [...layout.tensors()].map(([name, values]): [string, Float32Array] => [
    name,
    name === 'rope_freqs.weight' ? Float32Array.of(1, 1e30, 1, 1e30) : values,
  ]);
  const file = await written(layout, tensors);
  expect(() => readModelConfig(file)).toThrow('"rope_freqs.weight" is not that of a Gemma 4 model');
});

function lectureModel(): string {
  const folder = temporaryFolder();
  const sizes = { vocab_size: 9, hidden_size: 4, prompt_length: 3, response_length: 3 };
  writeJson(folder, 'config.json', { model_type: 'positions', ...sizes });
  return folder;
}

describe('refuses to write what llama.cpp computes otherwise', () => {
  const problemOf = (name: string, change: (config: ModelConfig) => ModelConfig) => {
    const folder = fixture(name);
    return () => ggufLayout(folder, change(readModelConfig(folder)), 'tiny', 'F16');
  };
  const withMixer =
    (mixer: Partial<Attention>, of: (layer: number) => boolean = () => true) =>
    (config: ModelConfig): ModelConfig => ({
      ...config,
      layers: config.layers.map((layer, index) =>
        of(index) ? { ...layer, mixer: { ...(layer.mixer as Attention), ...mixer } } : layer,
      ),
    });
  /** Of the layers without attention. */
  const withOthers =
    (change: object) =>
    (config: ModelConfig): ModelConfig => ({
      ...config,
      layers: config.layers.map((layer) =>
        isAttention(layer.mixer) ? layer : { ...layer, mixer: { ...layer.mixer, ...change } },
      ),
    });

  const withInputs =
    (change: object) =>
    (config: ModelConfig): ModelConfig => ({
      ...config,
      perLayerInputs: { ...config.perLayerInputs!, ...change },
    });

  it.each<[string, string, (config: ModelConfig) => ModelConfig, string]>([
    ['windows', 'mistral', withMixer({ window: 100 }), 'no sliding windows in MistralForCausalLM'],
    [
      'windows within the stretched context',
      'phi3',
      withMixer({ window: 600 }),
      'no sliding windows in Phi3ForCausalLM',
    ],
    ['other heads', 'phi3', withMixer({ headDim: 6 }), 'no Phi-3 with "head_dim"'],
    ['biases of convolutions', 'lfm2', withOthers({ bias: true }), 'no biases in the convolutions of LFM2'],
    ['convolutions over a token', 'lfm2', withOthers({ width: 1 }), 'no convolutions over a single token'],
    ['other heads', 'lfm2', withMixer({ headDim: 6 }, (layer) => layer === 1), 'no LFM2 with "head_dim"'],
    ['values of another width', 'qwen3_5', withOthers({ valueWidth: 4 }), '"linear_value_head_dim"'],
    ['another epsilon', 'qwen3_5', withOthers({ normEps: 1e-5 }), '"rms_norm_eps", which must be 0.000001'],
    ['filters of a token', 'qwen3_5', withOthers({ width: 1 }), 'no convolutions over a single token'],
    ['biases', 'qwen3_5', withMixer({ qkvBias: true }, (layer) => layer === 1), 'no biases in Qwen 3.5'],
    ['attention now and then', 'qwen3_5', attentionInThirdOfFive, 'in every nth layer'],
    ['no delta net', 'qwen3_5', (config) => ({ ...config, layers: [config.layers[1]!] }), 'without gated delta nets'],
    ['no windows', 'olmo3', withMixer({ window: undefined }), 'an OLMo 3 without windows for an OLMo 2'],
    ['another table in windows', 'olmo3', withWindowTheta(50), 'one "rope_theta" for all layers of OLMo 3'],
    ['another YaRN', 'olmo3', withYarn({ betaSlow: 2 }), '"beta_fast" 32 and "beta_slow" 1 only'],
    ['tied embeddings', 'olmo3', (config) => ({ ...config, tieEmbeddings: true }), 'no OLMo whose output head'],
    ['windows', 'ministral3', withMixer({ window: 100 }), 'no sliding windows in Ministral3ForCausalLM'],
    ['a range that is not rounded', 'ministral3', withYarn({ truncate: false }), '"truncate"'],
    ['a context that is not stretched', 'ministral3', withYarn({ factor: 1 }), '"factor"'],
    ['tied embeddings', 'olmo2', (config) => ({ ...config, tieEmbeddings: true }), 'no OLMo whose output head'],
    ['other layers without positions', 'smollm3', withMixer({ rotary: 'all' }), 'every fourth layer'],
    ['biases', 'smollm3', withMixer({ qkvBias: true }), 'no biases in SmolLM3'],
    ['another scale', 'gpt2', withMixer({ scale: 1 }), '"scale_attn_weights"'],
    ['windows in other layers', 'gemma2', withMixer({ window: 5 }), 'every second'],
    ['another scale', 'gemma2', withMixer({ scale: 0.3 }), '"query_pre_attn_scalar"'],
    ['no cap of logits', 'gemma2', ({ logitCap: _, ...config }) => config, 'without "final_logit_softcapping"'],
    ['an untied head', 'gemma2', (config) => ({ ...config, tieEmbeddings: false }), 'no Gemma 2 whose output head'],
    ['biases', 'gemma4', withMixer({ qkvBias: true }), 'no biases in Gemma 4'],
    ['no windows', 'gemma4', withMixer({ window: undefined }), 'no Gemma 4 without windows'],
    ['keys of another layer', 'gemma4', withMixer({ sharedFrom: 0 }, (layer) => layer === 3), '"num_kv_shared_layers"'],
    ['other words', 'gemma4', withInputs({ vocabSize: 300 }), '"vocab_size_per_layer_input" to equal "vocab_size"'],
    ['windows in other layers', 'gemma3', withMixer({ window: undefined }), 'every sixth'],
    ['another scale', 'gemma3', withMixer({ scale: 0.3 }), '"query_pre_attn_scalar"'],
    ['no multiplier', 'granite', withMixer({ scale: 0 }), 'a multiplier of 0'],
    ['layers that differ', 'granite', withMixer({ scale: 2 }, (layer) => layer === 1), 'not all alike'],
  ])('%s', (_, name, change, problem) => expect(problemOf(name, change)).toThrow(problem));

  it('but not windows longer than any text', () => {
    expect(problemOf('mistral', withMixer({ window: 256 }))).not.toThrow();
  });
});
