import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readModelConfig } from '../../../src/model/config.ts';
import { BadInput } from '../../../src/protocol/errors.ts';
import { configFolder, temporaryFolder, writeJson } from './model-folder.ts';

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

it("an adapter's folder has its model's config, and the adapter in it", () => {
  const lora = { r: 4, loraAlpha: 8, targetModules: ['q_proj', 'v_proj'], useRslora: false };
  expect(readModelConfig(adapterFolder())).toMatchObject({ architecture: 'llama', vocabSize: 11, lora });
  // Other writers, ours among them, leave out what is at its default.
  const fewer = { use_dora: undefined, rank_pattern: undefined, fan_in_fan_out: undefined, bias: undefined };
  expect(readModelConfig(adapterFolder(fewer))).toMatchObject({ lora });
});

it.each([
  [{ peft_type: 'IA3' }, '"peft_type" must be "LORA"'],
  [{ bias: 'all' }, '"bias" must be "none"'],
  [{ use_dora: true }, '"use_dora" is set, which is not supported'],
  [{ fan_in_fan_out: true }, '"fan_in_fan_out" is set, which is not supported'],
  [{ modules_to_save: ['lm_head'] }, '"modules_to_save'],
  [{ rank_pattern: { q_proj: 8 } }, '"rank_pattern" is set, which is not supported'],
  [{ r: 0 }, '"r" must be a positive integer'],
  [{ target_modules: '.*_proj' }, '"target_modules" must be a list of some of q_proj, k_proj'],
  [{ base_model_name_or_path: '/nowhere' }, "the adapter's model is not at /nowhere; correct"],
])('refuses an adapter with %j', (fields, message) => {
  const folder = adapterFolder(fields);
  expect(() => readModelConfig(folder)).toThrow(BadInput);
  expect(() => readModelConfig(folder)).toThrow(`${join(folder, 'adapter_config.json')}: ${message}`);
});

it('refuses an adapter of an adapter, even of itself', () => {
  const folder = join(temporaryFolder(), 'loop');
  mkdirSync(folder);
  const other = adapterFolder();
  expect(() => readModelConfig(adapterFolder({ base_model_name_or_path: other }))).toThrow(`is not at ${other}`);
});
