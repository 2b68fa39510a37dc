import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { normals } from '../../src/data/random.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { writeSafetensors } from '../../src/model/files/safetensors-writer.ts';
import { parameterShapes } from '../../src/model/parameters.ts';
import { sizeOf } from '../../src/model/shape.ts';
import { referenceModel, workspace } from '../integration/training/workspace.ts';

const TOKENIZER = referenceModel('llama-head-dim-bf16');

/** Gemma 3's kinds of layers, with windows shorter than the prompts. */
export const GEMMA = {
  ...{ architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', vocab_size: 290, eos_token_id: 2 },
  ...{ hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, max_position_embeddings: 256 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, query_pre_attn_scalar: 16 },
  ...{ sliding_window: 6, layer_types: ['sliding_attention', 'full_attention'] },
};

/** So many words that their logits are never there as a whole. */
export const LARGE_VOCABULARY = { ...GEMMA, vocab_size: 70_000 };

/** A folder of a model that `config.json` describes, with random weights; removed after the test. */
export async function randomModel(json: object): Promise<string> {
  const folder = workspace({ 'config.json': json });
  for (const file of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'])
    copyFileSync(join(TOKENIZER, file), join(folder, file));
  writeFileSync(join(folder, 'generation_config.json'), '{"eos_token_id": 2}');
  const shapes = parameterShapes(readModelConfig(folder));
  const tensors = [...shapes].map(([name, shape]) => {
    const values = normals(1, ['weights', name], sizeOf(shape)).map((value) => 0.2 * value);
    return [name, shape, values] as const;
  });
  await writeSafetensors(join(folder, 'model.safetensors'), shapes, tensors, 'float32');
  return folder;
}
