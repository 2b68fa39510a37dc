/** What `npm run bench -- limit` counts, against a step that is counted by hand. */
import { expect, test } from 'vitest';
import { stepFlops } from '../../bench/limit/flops.ts';
import { llama } from '../../src/model/architectures/llama.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { runConfigSchema } from '../../src/protocol/run-config.ts';

const FIELDS = {
  ...{ vocab_size: 10, hidden_size: 4, intermediate_size: 6, num_hidden_layers: 2, num_attention_heads: 2 },
  ...{ num_key_value_heads: 1, head_dim: 2, max_position_embeddings: 32, rms_norm_eps: 1e-5 },
};
const none = { eosTokenIds: [], bosTokenId: undefined, padTokenId: undefined };
const MODEL: ModelConfig = { ...llama.describe(FIELDS, 'config.json'), ...none };

// One prompt of 3 tokens, completions of 2 and 1: 3 + 1 + 0 tokens are read, 3 are predicted.
const LENGTHS = { prompts: [3], completions: [2, 1] };
// A layer: q [4 → 4], k and v [4 → 2], o [4 → 4], gate and up [4 → 6], down [6 → 4].
const LAYERS = 2 * 2 * (4 * 4 + 2 * (4 * 2) + 4 * 4 + 2 * (4 * 6) + 6 * 4);
// The prompt's tokens see 1 + 2 + 3, the one that is read of the first completion sees 4; scores and values of 2 heads of 2.
const ATTENTION = 2 * (1 + 2 + 3 + 4) * 2 * (2 * 2 * 2);
const HEAD = 2 * 4 * 10;
const FORWARD = 4 * LAYERS + ATTENTION + 3 * HEAD;

test('all weights: the update is three times a forward pass', () => {
  expect(stepFlops(MODEL, LENGTHS)).toEqual({
    // The prompt's last token gives both completions their first.
    rollout: FORWARD - HEAD,
    logprobs: FORWARD,
    update: 3 * FORWARD,
  });
});

test('an adapter: frozen matrices have no gradient of their own; what is recomputed is a forward pass more', () => {
  const lora = runConfigSchema.parse({
    ...{ model: 'm', dataset: 'd', rewards: [] },
    lora: { r: 1, loraAlpha: 1, targetModules: ['q_proj'] },
  }).lora!;
  // A [4 → 1] and B [1 → 4] of both layers, for 4 tokens.
  const adapters = 4 * 2 * 2 * (4 + 4);
  const backward = 4 * LAYERS + 2 * adapters + 2 * ATTENTION + 3 * HEAD;
  const { logprobs, update } = stepFlops({ ...MODEL, lora }, LENGTHS);
  expect(logprobs).toBe(FORWARD);
  expect(update).toBe(FORWARD + adapters + backward);
  const { update: recomputed } = stepFlops({ ...MODEL, lora, recomputed: true }, LENGTHS);
  expect(recomputed - update).toBe(FORWARD + adapters - 3 * HEAD);
});
