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

test("Phi-3's attention makes its output projection first", () => {
  const model = readModelConfig(join(import.meta.dirname, '../../references/fixtures/architectures/phi3'));
  const layer = (number: number, names: string[]) => names.map((name) => `model.layers.${number}.${name}.weight`);
  const matrices = ['self_attn.o_proj', 'self_attn.qkv_proj', 'mlp.gate_up_proj', 'mlp.down_proj'];
  const norms = ['input_layernorm', 'post_attention_layernorm'];
  expect(optimizerGroups(model)).toEqual([
    ['model.embed_tokens.weight', ...layer(0, matrices), ...layer(1, matrices)],
    [...layer(0, norms), ...layer(1, norms), 'model.norm.weight'],
  ]);
});
