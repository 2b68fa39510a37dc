import { z } from 'zod';

/** The linear layers of a decoder block, by PEFT's names. */
export const LORA_MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type LoraModule = (typeof LORA_MODULES)[number];

const lora = z.strictObject({
  r: z
    .int()
    .min(1)
    .max(2 ** 13)
    .default(8)
    .describe('Rank of the adapter: the width of its two matrices per layer.'),
  loraAlpha: z.number().gt(0).default(8).describe("The adapter's output is multiplied with loraAlpha / r."),
  targetModules: z
    .union([z.array(z.enum(LORA_MODULES)).min(1), z.literal('all-linear')])
    .default(['q_proj', 'v_proj'])
    .transform((modules) => LORA_MODULES.filter((name) => modules === 'all-linear' || modules.includes(name)))
    .describe('The linear layers that get an adapter; "all-linear": each one but the output head.'),
  useRslora: z
    .boolean()
    .default(false)
    .describe('Multiply with loraAlpha / sqrt(r) instead, which suits high ranks (rank-stabilised LoRA).'),
});

/** The run config's `lora`: names and defaults of PEFT's LoraConfig in camelCase. */
export const loraConfig = lora
  .nullable()
  .default(null)
  .describe(
    'Train a LoRA adapter instead of all weights, with the names and defaults of PEFT\'s LoraConfig: {} or { "r": 16, "loraAlpha": 32, "targetModules": "all-linear" }. The reference model is then the start model itself. null: train all weights.',
  );

export const loraFieldNames: readonly string[] = Object.keys(lora.shape);
