import { architecture } from './architecture.ts';
import { count } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { shuffledHeads } from './shuffled-heads.ts';

/** Mistral 7B and its kind: Llama, in the first release with a window that all layers' attention ends at. */
export const mistral = architecture({
  className: 'MistralForCausalLM',
  modelType: 'mistral',
  // transformers' default where config.json does not say it.
  fields: { num_key_value_heads: count.nullable().default(8), sliding_window: count.nullable().default(4096) },
  describe: (fields, file) => llamaDecoder(fields, file, { window: fields.sliding_window ?? undefined }),
  // llama.cpp has no Mistral: a file of one is read as the Llama that it runs.
  gguf: { name: 'llama', fields: () => ({}), order: shuffledHeads, writes: {} },
});
