import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { optimizerGroups } from '../../../src/model/torch-order.ts';
import { loraConfig } from '../../../src/protocol/lora-config.ts';
import { referenceModel } from '../../integration/training/workspace.ts';

/** As `[n for n, p in model.named_parameters()]` printed it, in the groups of `Trainer.create_optimizer` (transformers 5.23). */
test("the order is that of torch's modules: norms of a layer after its attention and its MLP", () => {
  const model = readModelConfig(referenceModel('qwen3'));
  const layer = (number: number, names: string[]) => names.map((name) => `model.layers.${number}.${name}.weight`);
  const attention = ['q', 'k', 'v', 'o'].map((name) => `self_attn.${name}_proj`);
  const matrices = [...attention, 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];
  const norms = ['self_attn.q_norm', 'self_attn.k_norm', 'input_layernorm', 'post_attention_layernorm'];
  expect(optimizerGroups(model)).toEqual([
    ['model.embed_tokens.weight', ...layer(0, matrices), ...layer(1, matrices), 'lm_head.weight'],
    [...layer(0, norms), ...layer(1, norms), 'model.norm.weight'],
  ]);

  const lora = loraConfig.parse({ targetModules: ['v_proj'], modulesToSave: ['embed_tokens', 'lm_head'] })!;
  const adapter = (number: number) =>
    ['A', 'B'].map((side) => `model.layers.${number}.self_attn.v_proj.lora_${side}.weight`);
  expect(optimizerGroups({ ...model, lora })).toEqual([
    ['model.embed_tokens.modules_to_save.weight', ...adapter(0), ...adapter(1), 'lm_head.modules_to_save.weight'],
    [],
  ]);
});

const FIXTURES = join(import.meta.dirname, '../../references/fixtures');
type Groups = [decayed: string[], others: string[]];
const ORDERS: Record<string, { all: Groups; lora: Groups }> = JSON.parse(
  readFileSync(join(FIXTURES, 'optimizer-order.json'), 'utf8'),
);

test.each(Object.entries(ORDERS))('%s is numbered as by transformers and PEFT', (name, { all, lora }) => {
  const model = readModelConfig(join(FIXTURES, 'architectures', name));
  expect(optimizerGroups(model)).toEqual(all);
  const adapted = { ...model, lora: loraConfig.parse({ targetModules: 'all-linear' })! };
  const ofPeft = (names: string[]) =>
    names.map((each) => each.replace('base_model.model.', '').replace('.default.', '.'));
  expect(optimizerGroups(adapted)).toEqual(lora.map(ofPeft));
});
