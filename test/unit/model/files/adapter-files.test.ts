import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAdapterConfig } from '../../../../src/model/files/adapter-files.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { writeSafetensors } from '../../../../src/model/files/safetensors-writer.ts';
import { loadWeights } from '../../../../src/model/files/weights.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { configFolder, modelFolder, temporaryFolder, valuesOf, writeJson } from '../model-folder.ts';

/** An adapter's folder as PEFT writes it, some fields changed. */
function adapterFolder(fields: Record<string, unknown> = {}): string {
  const folder = temporaryFolder();
  writeJson(folder, 'adapter_config.json', {
    peft_type: 'LORA',
    base_model_name_or_path: configFolder(),
    r: 4,
    lora_alpha: 8,
    target_modules: ['v_proj', 'q_proj'],
    bias: 'none',
    fan_in_fan_out: false,
    use_dora: false,
    modules_to_save: null,
    rank_pattern: {},
    alpha_pattern: {},
    layers_to_transform: null,
    lora_dropout: 0.05,
    ...fields,
  });
  return folder;
}

it("an adapter's folder has its model's config", () => {
  expect(readModelConfig(adapterFolder())).toEqual(readModelConfig(configFolder()));
  // Other writers, ours among them, leave out what is at its default.
  const fewer = { use_dora: undefined, rank_pattern: undefined, fan_in_fan_out: undefined, bias: undefined };
  expect(readModelConfig(adapterFolder(fewer))).toEqual(readModelConfig(configFolder()));
  // PEFT sets it by the class of each layer, whatever the file says.
  expect(readModelConfig(adapterFolder({ fan_in_fan_out: true }))).toEqual(readModelConfig(configFolder()));
});

it('is read whatever order PEFT has its sets in', () => {
  const lora = (fields: object) => readAdapterConfig(adapterFolder({ ...fields }))!.lora;
  expect(lora({})).toEqual({
    r: 4,
    loraAlpha: 8,
    targetModules: ['q_proj', 'v_proj'],
    excludeModules: null,
    useRslora: false,
    useDora: false,
    rankPattern: {},
    alphaPattern: {},
    layersToTransform: null,
    layersPattern: null,
    modulesToSave: null,
  });
  const fields = { layers_to_transform: 1, layers_pattern: 'layers', exclude_modules: [], modules_to_save: [] };
  expect(lora(fields)).toMatchObject({ layersToTransform: [1], layersPattern: ['layers'], excludeModules: null });
  const paths = { target_modules: ['lm_head', 'model.layers.1.mlp.up_proj', 'up_proj', 'k_proj'] };
  expect(lora(paths).targetModules).toEqual(['k_proj', 'up_proj', 'lm_head', 'model.layers.1.mlp.up_proj']);
});

it.each([
  [{ peft_type: 'IA3' }, '"peft_type" must be "LORA"'],
  [{ bias: 'some' }, '"bias" must be "none", "all" or "lora_only"'],
  [{ r: 0 }, '"r" must be a positive integer'],
  [{ target_modules: null }, '"target_modules" must be a list of names or a regular expression'],
  [{ target_modules: '(?i).*q_proj' }, '"target_modules" has the regular expression "(?i).*q_proj", which cannot be'],
  [{ target_modules: '.*q_proj\\Z' }, '"target_modules" has the regular expression'],
  [{ rank_pattern: { 'a{,3}': 4 } }, '"rank_pattern" has the regular expression "a{,3}"'],
  [{ target_modules: ['query'] }, '"target_modules" means no module of the model; its modules are model.layers.0.self'],
  [{ target_modules: 'q_proj' }, '"target_modules" means no module of the model'],
  [{ target_modules: ['mlp', 'q_proj'] }, '"target_modules" means model.layers.0.mlp too, which is not a linear layer'],
  [{ layers_pattern: 'layers' }, '"layers_pattern" needs layers to transform'],
  [{ target_modules: '.*q_proj', layers_to_transform: [0] }, '"layers_to_transform" goes with a list'],
  [{ modules_to_save: ['norm'] }, '"modules_to_save.0" has a module other than embed_tokens and lm_head'],
  [{ lora_bias: true }, '"lora_bias" is set, which is not supported; merge the adapter into its model with PEFT'],
  [{ alora_invocation_tokens: [5, 6] }, '"alora_invocation_tokens" is set'],
  [{ use_qalora: true }, '"use_qalora" is set'],
  [{ layer_replication: [[0, 2]] }, '"layer_replication" is set'],
  [{ trainable_token_indices: [3] }, '"trainable_token_indices" is set'],
  [{ target_parameters: ['x'] }, '"target_parameters" is set'],
  [{ ensure_weight_tying: true }, '"ensure_weight_tying" is set'],
  [{ kasa_config: { a: 1 } }, '"kasa_config" is set'],
  [{ invented_by_a_later_version: 3 }, '"invented_by_a_later_version" is set, which is not known here'],
  [{ base_model_name_or_path: '/nowhere' }, "the adapter's model is not at /nowhere; correct"],
  ...['pissa', 'pissa_niter_16', 'olora', 'OLoRA', 'corda', 'loftq', 'mica', 'later'].map(
    (start) => [{ init_lora_weights: start }, `"init_lora_weights" is "${start}", so PEFT changes`] as const,
  ),
] as const)('refuses an adapter with %j', (fields, message) => {
  const folder = adapterFolder(fields);
  expect(() => readModelConfig(folder)).toThrow(BadInput);
  expect(() => readModelConfig(folder)).toThrow(`${join(folder, 'adapter_config.json')}: ${message}`);
});

it.each([
  { init_lora_weights: false },
  { init_lora_weights: 'gaussian' },
  { lora_dropout: 0.1, inference_mode: false, revision: 'main', loftq_config: { loftq_bits: 4 } },
  { invented_by_a_later_version: null, and_another: {}, alora_invocation_tokens: [] },
])('takes %j, which changes nothing', (fields) => {
  expect(readModelConfig(adapterFolder(fields))).toEqual(readModelConfig(configFolder()));
});

describe('its tensors', () => {
  /** An adapter on q_proj, of rank 1, on a model with weights. */
  async function adapterModel(change: (shapes: Map<string, number[]>) => void, values = valuesOf): Promise<string> {
    const folder = adapterFolder({ base_model_name_or_path: await modelFolder(), r: 1, target_modules: ['q_proj'] });
    const shapes = new Map<string, number[]>();
    for (const layer of [0, 1]) {
      const name = `base_model.model.model.layers.${layer}.self_attn.q_proj`;
      shapes.set(`${name}.lora_A.weight`, [1, 8]);
      shapes.set(`${name}.lora_B.weight`, [8, 1]);
    }
    change(shapes);
    const tensors = [...shapes].map(([name, shape]) => [name, shape, values(name, shape)] as const);
    await writeSafetensors(join(folder, 'adapter_model.safetensors'), shapes, tensors, 'float32');
    return folder;
  }
  const load = (folder: string) => new Map(loadWeights(folder, readModelConfig(folder)));
  const A = 'base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight';

  it('are added to the weights', async () => {
    const folder = await adapterModel(() => {});
    const name = 'model.layers.1.self_attn.q_proj.weight';
    const [a, b, w] = [valuesOf(A, [1, 8]), valuesOf(A.replace('_A', '_B'), [8, 1]), valuesOf(name, [8, 8])];
    const sums = w.map((value, index) => value + 8 * b[Math.floor(index / 8)]! * a[index % 8]!);
    expect(load(folder).get(name)!.data).toEqual(sums);
    expect(load(folder).get('model.norm.weight')!.data).toEqual(valuesOf('model.norm.weight', [8]));
  });

  it.each<[string, (shapes: Map<string, number[]>) => void, string]>([
    [
      'one missing',
      (s) => s.delete(A),
      'tensor "model.layers.1.self_attn.q_proj.lora_A.weight" is missing from the ad',
    ],
    [
      'one of another rank',
      (s) => s.set(A, [2, 8]),
      'q_proj.lora_A.weight" is [2, 8], but the model and adapter_config',
    ],
    [
      'one too many',
      (s) => s.set(A.replace('q_proj', 'k_proj'), [1, 8]),
      'k_proj.lora_A.weight" is not part of the ad',
    ],
    [
      'one that PEFT does not take: the weight under an adapter by its own name',
      (s) => s.set(A.replace('.lora_A', ''), [8, 8]),
      'q_proj.weight" is not part of the adapter',
    ],
  ])('are refused: %s', async (_, change, message) => {
    const folder = await adapterModel(change);
    expect(() => load(folder)).toThrow(BadInput);
    expect(() => load(folder)).toThrow(message);
    expect(() => load(folder)).toThrow(`${join(folder, 'adapter_model.safetensors')}: `);
  });

  it('are refused: values that are not finite', async () => {
    const folder = await adapterModel(
      () => {},
      (name, shape) => (name === A ? new Float32Array(8).fill(Number.NaN, 3) : valuesOf(name, shape)),
    );
    expect(() => load(folder)).toThrow('q_proj.lora_A.weight" has 5 values that are not finite (of 8)');
  });

  it('are refused: a pickle, none', () => {
    const folder = adapterFolder({
      base_model_name_or_path: join(import.meta.dirname, '../../../references/fixtures/models/qwen3'),
    });
    expect(() => load(folder)).toThrow("the adapter's tensors are missing: there is no adapter_model.safetensors");
    writeFileSync(join(folder, 'adapter_model.bin'), 'x');
    expect(() => load(folder)).toThrow(`${folder}: adapter_model.bin is a Python pickle`);
  });
});

it('refuses an adapter of an adapter, even of itself', () => {
  const folder = join(temporaryFolder(), 'loop');
  mkdirSync(folder);
  const other = adapterFolder();
  expect(() => readModelConfig(adapterFolder({ base_model_name_or_path: other }))).toThrow(`is not at ${other}`);
});
