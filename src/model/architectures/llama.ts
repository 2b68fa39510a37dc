import { architecture } from './architecture.ts';
import { flag } from './field-kinds.ts';
import { llamaDecoder } from './llama-decoder.ts';
import { shuffledHeads } from './shuffled-heads.ts';

/** Llama 1 to 3, SmolLM 1 and 2, and many others. Configs may have fields of sliding windows, which transformers ignores here. */
export const llama = architecture({
  className: 'LlamaForCausalLM',
  modelType: 'llama',
  fields: { attention_bias: flag.default(false), mlp_bias: flag.default(false) },
  describe: (fields, file) =>
    llamaDecoder(fields, file, {
      qkvBias: fields.attention_bias,
      outputBias: fields.attention_bias,
      mlpBias: fields.mlp_bias,
    }),
  gguf: {
    name: 'llama',
    fields: ({ has }) => ({ attention_bias: has('blk.0.attn_q.bias'), mlp_bias: has('blk.0.ffn_gate.bias') }),
    order: shuffledHeads,
    writes: {},
  },
});
