import * as z from 'zod';

/** The linear layers of a decoder block, by PEFT's names; those of Phi-3 are larger ones, those of LFM2, Qwen 3.5 and GPT-2 are called otherwise, and Gemma 4 has some besides. */
const LORA_MODULES = [
  ...(['q_proj', 'k_proj', 'v_proj', 'qkv_proj', 'o_proj'] as const),
  ...(['gate_proj', 'up_proj', 'gate_up_proj', 'down_proj'] as const),
  ...(['in_proj', 'out_proj', 'w1', 'w3', 'w2'] as const),
  ...(['in_proj_qkv', 'in_proj_z', 'in_proj_b', 'in_proj_a'] as const),
  ...(['c_attn', 'c_fc', 'c_proj'] as const),
  ...(['per_layer_input_gate', 'per_layer_projection', 'per_layer_model_projection'] as const),
] as const;
/** The vocabulary's matrices at the two ends of a model; GPT-2's embeddings are `wte`. */
const VOCABULARY_MODULES = ['embed_tokens', 'lm_head', 'wte'] as const;
/** Of Gemma 4: an embedding of each token for each layer. */
const PER_LAYER_EMBEDDING = 'embed_tokens_per_layer';
export const ALL_LINEAR = 'all-linear';

/** Names in an order of their own, as PEFT keeps them as a set: those of a block first, in the order of the forward pass. */
export function inOrder(names: readonly string[]): string[] {
  const known: readonly string[] = LORA_MODULES;
  const others = names.filter((name) => !known.includes(name));
  return [...known.filter((name) => names.includes(name)), ...[...new Set(others)].sort()];
}

const rank = z
  .int()
  .min(1)
  .max(2 ** 13);
const alpha = z.number().gt(0);
const layer = z.int().min(0);
// A name with a dot is a path in the model, of which there are too many to list.
const moduleName = z.union([
  z.enum([...LORA_MODULES, ...VOCABULARY_MODULES, PER_LAYER_EMBEDDING]),
  z.string().regex(/\./, { abort: true }),
]);
const PATTERN =
  'a regular expression for the end of a module\'s path, such as "down_proj" or "layers\\\\.0\\\\..*q_proj"';

const lora = z.strictObject({
  r: rank.default(8).describe('Rank of the adapter: the inner dimension of its two matrices.'),
  loraAlpha: alpha.default(8).describe("The adapter's output is multiplied by loraAlpha / r."),
  targetModules: z
    .union([z.array(moduleName).min(1), z.literal(ALL_LINEAR), z.string().min(1)])
    .default(['q_proj', 'v_proj'])
    .transform((modules) => (typeof modules === 'string' ? modules : inOrder(modules)))
    .describe(
      'The modules that get an adapter: a list of names or paths; "all-linear" for every linear layer except the output head; or one regular expression that matches whole paths, such as ".*\\\\.(q|v)_proj".',
    ),
  excludeModules: z
    .union([z.array(z.string().min(1)), z.string().min(1)])
    .nullable()
    .default(null)
    .transform((modules) => (Array.isArray(modules) ? inOrder(modules) : modules))
    .transform((modules) => (modules?.length ? modules : null))
    .describe('Modules to exclude from targetModules: names or paths, or one regular expression.'),
  useRslora: z
    .boolean()
    .default(false)
    .describe('Multiply by loraAlpha / sqrt(r) instead, which suits high ranks (rank-stabilized LoRA).'),
  useDora: z
    .boolean()
    .default(false)
    .describe('Train the magnitude and the direction of each weight separately (DoRA).'),
  rankPattern: z
    .record(z.string(), rank)
    .default({})
    .describe(`Different ranks for some modules, such as { "down_proj": 16 }; each key is ${PATTERN}.`),
  alphaPattern: z
    .record(z.string(), alpha)
    .default({})
    .describe(`Different values of loraAlpha for some modules, with the same keys as rankPattern.`),
  layersToTransform: z
    .union([z.array(layer).min(1), layer])
    .nullable()
    .default(null)
    .transform((layers) => (typeof layers === 'number' ? [layers] : layers))
    .describe('Add adapters to these layers only, counted from 0; null: to all.'),
  layersPattern: z
    .union([z.array(z.string().min(1)), z.string().min(1)])
    .nullable()
    .default(null)
    .transform((patterns) => (typeof patterns === 'string' ? [patterns] : patterns?.length ? patterns : null))
    .describe(
      'With layersToTransform: the name of the module list that holds the layers, such as "layers"; null: any name.',
    ),
  modulesToSave: z
    .array(z.enum(VOCABULARY_MODULES))
    .nullable()
    .default(null)
    .transform((modules) => (modules?.length ? inOrder(modules) : null))
    .describe('Modules to train in full, in addition to the adapter.'),
});

/** The run config's `lora`: names and defaults of PEFT's LoraConfig in camelCase. */
export const loraConfig = lora
  .nullable()
  .default(null)
  .describe(
    'Train a LoRA adapter instead of all weights, with the names and defaults of PEFT\'s LoraConfig: {} or { "r": 16, "loraAlpha": 32, "targetModules": "all-linear" }. The reference model is then the start model itself. null: train all weights.',
  );

/**
 * A LoRA adapter: to the output W·x of a linear layer it adds scale · B·(A·x), with A [r, in] and B [out, r] narrow enough to be cheap. Names
 * are those of PEFT.
 *
 * Source: Hu et al. 2021, arXiv:2106.09685; `useRslora`: Kalajdzievski 2023, arXiv:2312.03732; `useDora`: Liu et al. 2024, arXiv:2402.09353.
 */
export type Lora = z.output<typeof lora>;

export const loraFieldNames: readonly string[] = Object.keys(lora.shape);
