/** What an architecture takes: one file, and its line in the table. All else follows from its description. Fixtures: test/references/architectures.py. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { normals, uniforms } from '../../../../src/data/random.ts';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { floats, type NdArray } from '../../../../src/engine/tree.ts';
import type { ModelConfig } from '../../../../src/model/config.ts';
import { writeAdapterFiles } from '../../../../src/model/files/adapter-files.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { readSafetensorsHeader, readTensor } from '../../../../src/model/files/safetensors.ts';
import { saveModelFolder } from '../../../../src/model/files/save.ts';
import { Sampler } from '../../../../src/model/generation/sampler.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';
import { Packing } from '../../../../src/model/packing.ts';
import { adapterShapes, parameterShapes } from '../../../../src/model/parameters.ts';
import type { Weights } from '../../../../src/model/weights-tree.ts';
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';
import { LocalLearner } from '../../../../src/trainer/policy/local-learner.ts';
import { SftStage } from '../../../../src/trainer/stages/sft.ts';
import { LLAMA, temporaryFolder, writeJson } from '../model-folder.ts';

vi.mock(import('../../../../src/model/architectures/table.ts'), async (original) => {
  const { ARCHITECTURES } = await original();
  const { mixedHeads } = await import('./mixed-heads.ts');
  return { ARCHITECTURES: [...ARCHITECTURES, mixedHeads] };
});

/** A prompt and its completion, and transformers' log-probabilities and greedy continuation (test/references/architectures.py). */
interface Expected {
  promptIds: number[];
  completionIds: number[];
  logProbs: number[];
  greedy: number[];
}

const FIXTURES = join(import.meta.dirname, '../../../references/fixtures/architectures');
const GREEDY = { temperature: 0, topK: 0, topP: 1, minP: 0, minTokens: 0, eosTokenIds: [] };
const engine = new OnnxEngine();

describe.each(readdirSync(FIXTURES))('%s', (name) => {
  const folder = join(FIXTURES, name);
  const expected: Expected[] = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));

  it('gives the log-probabilities that transformers does', async () => {
    const { config, weights } = await readModel(folder);
    const scored = await new Scorer(engine, config, 1).logProbs(weights, expected);
    scored.forEach((logProbs, row) => {
      logProbs.forEach((logProb, i) => {
        expect(logProb).toBeCloseTo(expected[row]!.logProbs[i]!, 4);
      });
    });
  });

  it('writes the tokens that transformers does, with the log-probabilities of a fresh forward pass', async () => {
    const { config, weights } = await readModel(folder);
    const length = expected[0]!.greedy.length;
    const prompts = expected.map(({ promptIds }) => promptIds);
    const sampler = new Sampler(engine, config, { ...GREEDY, group: 2 });
    const completions = await sampler.sample(weights, prompts, length, new Float32Array(4 * length));
    const twice = expected.flatMap(({ greedy }) => [greedy, greedy]);
    expect(completions.map(({ ids }) => ids)).toEqual(twice);

    const sequences = completions.map(({ ids }, row) => ({
      promptIds: prompts[Math.floor(row / 2)]!,
      completionIds: ids,
    }));
    const scored = await new Scorer(engine, config, 1).logProbs(weights, sequences, 2);
    scored.forEach((logProbs, row) => {
      logProbs.forEach((logProb, i) => {
        expect(logProb).toBeCloseTo(completions[row]!.logProbs[i]!, 4);
      });
    });
  });

  it('writes completions whose log-probabilities are those of a fresh forward pass', async () => {
    const { config, weights } = await readModel(folder);
    await expectSampledAsScored(config, weights);
  });
});

/** Samples completions that end at different times, some after more than one run of the decoding loop. */
async function expectSampledAsScored(config: ModelConfig, weights: Weights): Promise<void> {
  const prompts = [
    [5, 6, 7, 8, 9],
    [10, 11],
  ];
  const MAX = 90;
  const options = { ...GREEDY, temperature: 1, group: 3, eosTokenIds: [20] };
  const draws = uniforms(5, ['mixed'], MAX * 6);
  const completions = await new Sampler(engine, config, options).sample(weights, prompts, MAX, draws);
  expect(new Set(completions.map(({ ids }) => ids.length)).size).toBeGreaterThan(2);
  expect(completions.some(({ ids }) => ids.length > engine.stepsPerRun + 1)).toBe(true);
  const sequences = completions.map(({ ids }, row) => ({
    promptIds: prompts[Math.floor(row / 3)]!,
    completionIds: ids,
  }));
  const scored = await new Scorer(engine, config, 1).logProbs(weights, sequences, 3);
  scored.forEach((logProbs, row) => {
    logProbs.forEach((logProb, i) => {
      expect(logProb).toBeCloseTo(completions[row]!.logProbs[i]!, 4);
    });
  });
}

/** Tensors of a file, by names without what PEFT puts before those of the model. */
const tensorsIn = (file: string): Map<string, NdArray> =>
  new Map(
    readSafetensorsHeader(file).map((entry) => [
      entry.name.replace(/^base_model\.model\./, ''),
      floats(readTensor(entry), entry.shape),
    ]),
  );

/** How far `got` is from where an update led, relative to how far it led. */
function distance(got: Weights, start: Map<string, NdArray>, end: Map<string, NdArray>): number {
  let [missed, moved] = [0, 0];
  for (const [name, { data }] of end) {
    data.forEach((value, i) => {
      missed += (got[name]!.data[i]! - value) ** 2;
      moved += (value - start.get(name)!.data[i]!) ** 2;
    });
  }
  return Math.sqrt(missed / moved);
}

const LORA = { r: 3, loraAlpha: 6, targetModules: 'all-linear' };

describe.each(readdirSync(FIXTURES))('training %s', (name) => {
  const folder = join(FIXTURES, name);
  const demonstrations: Expected[] = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const fields = {
    ...{ model: folder, dataset: 'd', rewards: [], maxSteps: 3, learningRate: 1e-2, adamEpsilon: 1e-3 },
    lrSchedulerType: 'constant',
  };
  const tensorsOf = (file: string) => tensorsIn(join(folder, `${file}.safetensors`));

  /** Trains all weights, or an adapter on them. */
  async function trained(lora: object | null, { recomputed = false } = {}): Promise<LocalLearner> {
    const { config: own, weights } = await readModel(folder);
    const config = runConfigSchema.parse({ ...fields, lora });
    const model: ModelConfig = { ...own, ...(config.lora && { lora: config.lora }), ...(recomputed && { recomputed }) };
    const adapter = lora ? Object.fromEntries(tensorsOf('adapter-start')) : undefined;
    const learner = new LocalLearner({ engine, eosTokenIds: [], supervised: true, model, config, weights, adapter });
    const stage = new SftStage(learner, () => demonstrations);
    for (let step = 1; step <= 3; step++) await stage.step({ emit() {} });
    return learner;
  }

  const known = new Map<object | null, Promise<LocalLearner>>();
  /** Trained once for all tests that look at it. */
  function usual(lora: object | null): Promise<LocalLearner> {
    const training = known.get(lora) ?? trained(lora);
    known.set(lora, training);
    return training;
  }

  it('moves all weights as PyTorch does', async () => {
    const { config: model } = await readModel(folder);
    const learner = await usual(null);
    const unpacked = Object.entries(new Packing(model).unpack(learner.policy.state.weights));
    const saved = join(temporaryFolder(), 'saved');
    const tensors = unpacked.map(([name, { shape, data }]) => [name, shape, data as Float32Array] as const);
    await saveModelFolder(saved, { source: folder, config: model, weights: tensors, dtype: 'float32' });
    const got = Object.fromEntries(tensorsIn(join(saved, 'model.safetensors')));
    expect(distance(got, tensorsOf('model'), tensorsOf('trained'))).toBeLessThan(1e-3);
  });

  it('moves an adapter as PEFT does', async () => {
    const { lora } = runConfigSchema.parse({ ...fields, lora: LORA });
    const start = tensorsOf('adapter-start');
    const shapes = adapterShapes({ ...readModelConfig(folder), lora: lora! });
    expect([...start.keys()].sort()).toEqual([...shapes.keys()].sort());
    const learner = await usual(LORA);
    expect(distance(learner.policy.state.weights, start, tensorsOf('adapter'))).toBeLessThan(1e-3);
  });

  it.each([null, LORA])(
    'moves as far when activations are computed a second time, with the adapter %o',
    async (lora) => {
      const { weights } = await readModel(folder);
      const [kept, again] = [await usual(lora), await trained(lora, { recomputed: true })].map(
        ({ policy }) => policy.state.weights,
      );
      const start = lora ? tensorsOf('adapter-start') : new Map(Object.entries(weights));
      // Rounding alone, of which each CPU has its own.
      expect(distance(again!, start, new Map(Object.entries(kept!)))).toBeLessThan(1e-4);
    },
  );
});

/** A folder of a model whose layers have different heads, with random weights. */
async function mixedFolder(): Promise<string> {
  const folder = temporaryFolder();
  const json = { ...LLAMA, architectures: ['MixedHeadsForCausalLM'], model_type: 'mixed_heads', num_hidden_layers: 4 };
  writeJson(folder, 'config.json', { ...json, vocab_size: 40, num_attention_heads: 4, num_key_value_heads: 2 });
  const config = readModelConfig(folder);
  const random = [...parameterShapes(config)].map(([name, shape]) => [name, shape, randomValues(name, shape)] as const);
  const saved = join(folder, 'saved');
  await saveModelFolder(saved, { source: folder, config, weights: random, dtype: 'float32' });
  return saved;
}

function randomValues(name: string, shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = normals(4, ['weights', name], size);
  return values.map((value) => (shape.length === 1 ? 1 + 0.2 * value : (2 * value) / Math.sqrt(shape[1]!)));
}

describe('layers with different heads', () => {
  it('are named and shaped each by its own description', async () => {
    const shapes = parameterShapes(readModelConfig(await mixedFolder()));
    expect(shapes.get('model.layers.2.self_attn.k_proj.weight')).toEqual([4, 8]);
    expect(shapes.get('model.layers.3.self_attn.k_proj.weight')).toEqual([6, 8]);
    expect(shapes.get('model.layers.3.mlp.up_proj.bias')).toEqual([20]);
    expect(shapes.has('model.layers.2.mlp.up_proj.bias')).toBe(false);
    expect([...shapes.keys()].filter((name) => name.endsWith('q_norm.weight'))).toHaveLength(2);
  });

  it('write completions whose log-probabilities are those of a fresh forward pass', async () => {
    const { config, weights } = await readModel(await mixedFolder());
    await expectSampledAsScored(config, weights);
  });

  it('take an adapter, which computes the same when it is merged', async () => {
    const folder = await mixedFolder();
    const { config: own, weights } = await readModel(folder);
    const fields = { r: 3, loraAlpha: 6, targetModules: 'all-linear', useDora: true };
    const lora = runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: [], lora: fields }).lora!;
    const config: ModelConfig = { ...own, lora };
    const tensors = [...adapterShapes(config)].map(
      ([name, shape]) => [name, shape, randomValues(name, shape).map((value) => 0.3 * value)] as const,
    );
    expect(tensors).toHaveLength(4 * 7 * 3);
    const adapterFolder = temporaryFolder();
    await writeAdapterFiles(adapterFolder, { base: folder, lora }, tensors, 'float32');
    const adapter: Weights = Object.fromEntries(tensors.map(([name, shape, values]) => [name, floats(values, shape)]));

    const sequences = [{ promptIds: [1, 2, 3], completionIds: [4, 5, 6, 7, 8, 9, 10] }];
    const [added] = await new Scorer(engine, config, 1).logProbs({ ...weights, ...adapter }, sequences);
    const merged = await readModel(adapterFolder);
    const [worked] = await new Scorer(engine, merged.config, 1).logProbs(merged.weights, sequences);
    const [without] = await new Scorer(engine, own, 1).logProbs(weights, sequences);
    added!.forEach((logProb, i) => {
      expect(logProb).toBeCloseTo(worked![i]!, 3);
    });
    expect(Math.max(...added!.map((logProb, i) => Math.abs(logProb - without![i]!)))).toBeGreaterThan(0.1);
  });
});
