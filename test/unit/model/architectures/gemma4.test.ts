/** What config.json may say of a Gemma 4, and what its files may have. That its models compute and learn alike is in architectures.test.ts. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { normals } from '../../../../src/data/random.ts';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { floats, ints } from '../../../../src/engine/tree.ts';
import { cachedPerToken, isAttention } from '../../../../src/model/config.ts';
import { writeAdapterFiles } from '../../../../src/model/files/adapter-files.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { readSafetensorsHeader, readTensor } from '../../../../src/model/files/safetensors.ts';
import { writeSafetensors } from '../../../../src/model/files/safetensors-writer.ts';
import { prefillProgram } from '../../../../src/model/generation/prefill.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';
import { constantNames } from '../../../../src/model/parameters.ts';
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';
import { namedTensors, readCheckpoint } from '../../../../src/trainer/policy/checkpoint.ts';
import { LocalLearner } from '../../../../src/trainer/policy/local-learner.ts';
import { movePolicy } from '../../../../src/trainer/policy/policy-state.ts';
import { startAdapter } from '../../../../src/trainer/policy/start-adapter.ts';
import { writeTrlCheckpoint } from '../../../../src/trainer/policy/trl-checkpoint-writer.ts';
import { SftStage } from '../../../../src/trainer/stages/sft.ts';
import { temporaryFolder, writeJson } from '../model-folder.ts';

const FIXTURE = join(import.meta.dirname, '../../../references/fixtures/architectures/gemma4');
const json = JSON.parse(readFileSync(join(FIXTURE, 'config.json'), 'utf8'));
const engine = new OnnxEngine();

function described(fields: Record<string, unknown>) {
  const folder = temporaryFolder();
  writeJson(folder, 'config.json', { ...json, ...fields });
  return readModelConfig(folder);
}

test('heads of full layers have fields of their own in the files of the models, and are listed in those of transformers 5.23', () => {
  const own = { per_layer_config: undefined, global_head_dim: 8, num_global_key_value_heads: 1 };
  expect(described(own)).toEqual(described({}));
  const headsOf = (fields: Record<string, unknown>) =>
    described(fields).layers.map(({ mixer }) => isAttention(mixer) && [mixer.kvHeads, mixer.headDim]);
  // Without attention_k_eq_v their number of key/value heads is that of all layers.
  expect(headsOf({ ...own, attention_k_eq_v: false })[2]).toEqual([2, 8]);
  expect(headsOf({ per_layer_config: null })).toEqual(Array(5).fill([2, 6]));
  expect(headsOf({ per_layer_config: undefined })[2]).toEqual([2, 512]);
});

test('layers that share keys and values keep none while completions are written', async () => {
  const { config, weights } = await readModel(FIXTURE);
  const own = config.layers.flatMap(({ mixer }, layer) =>
    isAttention(mixer) && mixer.sharedFrom === undefined ? [{ mixer, layer }] : [],
  );
  expect(own.length).toBeLessThan(config.layers.length);
  const options = { group: 1, eosTokenIds: [], minTokens: 0, temperature: 1, topK: 0, topP: 1, minP: 0 };
  const { prompts } = await engine.compile('prefill', prefillProgram(config, options)).run({
    ...{ params: weights, promptIds: ints([1, 2, 3], [1, 3]), promptLengths: ints([3]), uniforms: floats([0.5]) },
  });
  expect(Object.keys(prompts).sort()).toEqual(own.flatMap(({ layer }) => [`keys${layer}`, `values${layer}`]).sort());
  const numbers = Object.values(prompts).reduce((sum, cache) => sum + cache.shape.reduce((a, b) => a * b, 1), 0);
  expect(cachedPerToken(config)).toBe(numbers / 3);
});

test('the last layer sees all tokens, whatever is said of it, and the layers are of fixed types where nothing is', () => {
  const windowsOf = (fields: Record<string, unknown>) =>
    described({ per_layer_config: undefined, num_kv_shared_layers: 0, ...fields }).layers.map(
      ({ mixer }) => isAttention(mixer) && mixer.window !== undefined,
    );
  expect(windowsOf({ layer_types: Array(5).fill('sliding_attention') })).toEqual([true, true, true, true, false]);
  expect(windowsOf({ layer_types: null, num_hidden_layers: 8 })).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((layer) => layer !== 6 && layer !== 8),
  );
});

it.each<[string, Record<string, unknown>, string]>([
  ['no list of layers', { layer_types: [] }, '"layer_types" is a list of length 0, but "num_hidden_layers" is 5'],
  ['experts', { enable_moe_block: true }, 'mixtures of experts are not supported; use a dense Gemma 4, such as E2B'],
  ['attention both ways', { use_bidirectional_attention: 'all' }, 'is "all", but only causal attention is supported'],
  ['another activation', { hidden_activation: 'gelu' }, 'but only "gelu_pytorch_tanh" is supported'],
  ['words without an input', { vocab_size_per_layer_input: 63 }, '(63) must not be less than "vocab_size" (64)'],
  ['nothing to share', { num_kv_shared_layers: 3 }, 'leaves no layer of "full_attention" whose keys and values'],
  ['all layers sharing', { num_kv_shared_layers: 9 }, 'leaves no layer of "sliding_attention" whose keys and values'],
  ['layers that differ', { per_layer_config: { 2: { head_dim: 8 } } }, 'layers of "full_attention" different heads'],
  ['an unknown override', { per_layer_config: { 2: { sliding_window: 3 } } }, 'layer 2 a "sliding_window" of its own'],
  ['half a head', { per_layer_config: { 2: { head_dim: 7.5 } } }, '"per_layer_config.2.head_dim" must be a positive'],
  ['odd heads', { head_dim: 7 }, 'the head width is 7'],
  ['heads that do not group', { num_key_value_heads: 3 }, '(4) must be a multiple of'],
  ['half of the tables', { rope_parameters: { sliding_attention: {} } }, '"rope_parameters" lacks "full_attention"'],
  [
    'more than a whole head',
    {
      rope_parameters: {
        ...json.rope_parameters,
        full_attention: { rope_type: 'proportional', partial_rotary_factor: 2 },
      },
    },
    '"partial_rotary_factor" is 2, but it must be at most 1',
  ],
])('refuses %s', (_, fields, message) => {
  expect(() => described(fields)).toThrow(message);
});

test('keys and values in the files of layers that share them are passed over, as by transformers', async () => {
  const folder = temporaryFolder();
  copyFileSync(join(FIXTURE, 'config.json'), join(folder, 'config.json'));
  const own = readSafetensorsHeader(join(FIXTURE, 'model.safetensors'));
  const unused = ['k_proj', 'v_proj', 'k_norm', 'v_norm'].map((name) => `model.layers.3.self_attn.${name}.weight`);
  const tensors = [
    ...own.map((entry) => [entry.name, entry.shape, readTensor(entry)] as const),
    ...unused.map((name) => [name, [2], new Float32Array(2)] as const),
  ];
  const shapes = new Map(tensors.map(([name, shape]) => [name, shape]));
  await writeSafetensors(join(folder, 'model.safetensors'), shapes, tensors, 'float32');
  expect((await readModel(folder)).weights).toEqual((await readModel(FIXTURE)).weights);
});

test('what the outputs of layers are multiplied with stays as it is, also where weights decay, and in checkpoints', async () => {
  const { config: model, weights } = await readModel(FIXTURE);
  const fields = {
    model: FIXTURE,
    dataset: 'd',
    rewards: [],
    learningRate: 1e-2,
    weightDecay: 0.5,
    checkpointDtype: 'float32',
  };
  const config = runConfigSchema.parse(fields);
  const own = structuredClone(weights);
  const learner = new LocalLearner({ engine, eosTokenIds: [], supervised: true, config, model, weights: own });
  const demonstrations = [{ promptIds: [1, 2, 3], completionIds: [4, 5, 6, 7] }];
  await new SftStage(learner, () => demonstrations).step({ emit() {} });
  const policy = await movePolicy(learner.policy.state, (moved) => engine.download(moved));
  const constants = [...constantNames(model)];
  expect(constants).toHaveLength(5);
  for (const name of constants) expect(policy.weights[name]!.data).toEqual(weights[name]!.data);
  expect(policy.weights['model.norm.weight']!.data).not.toEqual(weights['model.norm.weight']!.data);

  const progress = { step: 1, numTokens: 7 };
  const [ours, trl] = [temporaryFolder(), temporaryFolder()];
  await learner.save(ours, progress);
  await writeTrlCheckpoint(trl, model, config, { policy, progress }, { source: FIXTURE, metrics: [] });
  for (const folder of [ours, trl]) {
    const read = await readCheckpoint(folder, model, { numIterations: 1, numMiniBatches: 1 });
    for (const kind of ['weights', 'means', 'squares'] as const)
      expect(namedTensors(model, read.policy[kind])).toEqual(namedTensors(model, policy[kind]));
  }
});

test.each([false, true])(
  'an adapter on per-layer embeddings computes the same when it is merged (DoRA: %s)',
  async (useDora) => {
    const { config: own, weights } = await readModel(FIXTURE);
    const targetModules = ['embed_tokens_per_layer', 'per_layer_model_projection', 'per_layer_input_gate'];
    const lora = { r: 3, loraAlpha: 6, targetModules, useDora };
    const config = { ...own, lora: runConfigSchema.parse({ model: FIXTURE, dataset: 'd', rewards: [], lora }).lora! };
    const start = startAdapter(config, 1, weights);
    const adapter = Object.fromEntries(
      Object.entries(start).map(([name, { shape, data }]) => {
        const noise = normals(1, [name], data.length);
        return [
          name,
          floats(
            noise.map((value, i) => (data as Float32Array)[i]! + 0.2 * value),
            shape,
          ),
        ];
      }),
    );
    const folder = temporaryFolder();
    await writeAdapterFiles(folder, { base: FIXTURE, lora: config.lora }, namedTensors(config, adapter), 'float32');
    const sequences = [{ promptIds: [1, 2, 3], completionIds: [4, 5, 6, 7, 8, 9, 10] }];
    const merged = await readModel(folder);
    const [added] = await new Scorer(engine, config, 1).logProbs({ ...weights, ...adapter }, sequences);
    const [worked] = await new Scorer(engine, merged.config, 1).logProbs(merged.weights, sequences);
    const [without] = await new Scorer(engine, own, 1).logProbs(weights, sequences);
    added!.forEach((logProb, i) => {
      expect(logProb).toBeCloseTo(worked![i]!, 4);
    });
    expect(Math.max(...added!.map((logProb, i) => Math.abs(logProb - without![i]!)))).toBeGreaterThan(0.1);
  },
);

test('a cap of 3.0 stays a float in the config.json of a checkpoint: transformers opens no other', async () => {
  const { config: model, weights } = await readModel(FIXTURE);
  const config = runConfigSchema.parse({ model: FIXTURE, dataset: 'd', rewards: [] });
  const learner = new LocalLearner({ engine, eosTokenIds: [], supervised: true, config, model, weights });
  const folder = temporaryFolder();
  await learner.save(folder, { step: 1, numTokens: 7 });
  expect(readFileSync(join(folder, 'config.json'), 'utf8')).toContain('"final_logit_softcapping": 3.0,');
  expect(readModelConfig(folder)).toEqual(model);
});
