import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import { inOrder, type Lora } from '../../protocol/lora-config.ts';
import { textName } from './text-part.ts';

/**
 * What every field of PEFT's LoraConfig means for an adapter that is opened: `used`; `ignored`, as it was for training alone, or belongs to a
 * field that is refused; or `refused`, as it changes what the adapter computes and is not supported.
 *
 * Source: peft/tuners/lora/config.py of PEFT 0.21.2.
 */
export const PEFT_FIELDS: Readonly<Record<string, 'used' | 'ignored' | 'refused'>> = {
  task_type: 'ignored',
  peft_type: 'used',
  auto_mapping: 'ignored',
  peft_version: 'ignored',
  base_model_name_or_path: 'used',
  revision: 'ignored',
  inference_mode: 'ignored',
  r: 'used',
  target_modules: 'used',
  exclude_modules: 'used',
  lora_alpha: 'used',
  lora_dropout: 'ignored',
  // PEFT itself sets it for each layer by its class, with a warning.
  fan_in_fan_out: 'ignored',
  bias: 'used',
  use_rslora: 'used',
  modules_to_save: 'used',
  init_lora_weights: 'used',
  layers_to_transform: 'used',
  layers_pattern: 'used',
  rank_pattern: 'used',
  alpha_pattern: 'used',
  megatron_config: 'refused',
  megatron_core: 'ignored',
  trainable_token_indices: 'refused',
  loftq_config: 'ignored',
  eva_config: 'ignored',
  corda_config: 'ignored',
  lora_ga_config: 'ignored',
  use_dora: 'used',
  velora_config: 'refused',
  alora_invocation_tokens: 'refused',
  use_qalora: 'refused',
  qalora_group_size: 'ignored',
  monteclora_config: 'refused',
  layer_replication: 'refused',
  runtime_config: 'ignored',
  lora_bias: 'refused',
  target_parameters: 'refused',
  use_bdlora: 'refused',
  arrow_config: 'refused',
  kasa_config: 'refused',
  ensure_weight_tying: 'refused',
};

/** Ways to begin that leave the model's own weights alone: the file has all there is. */
const PLAIN_STARTS = [true, false, 'gaussian', 'eva', 'orthogonal', 'lora_ga'];

const integer = z.int('must be a positive integer').positive('must be a positive integer');
const number = z.number('must be a number');
const flag = z.boolean('must be true or false').nullish();
const names = z.union([z.array(z.string()), z.string()], 'must be a list of names or a regular expression');
const layers = z.union([z.array(z.int()), z.int()], 'must be a list of layers');

const adapterConfig = z.object({
  peft_type: z.literal('LORA', 'must be "LORA"'),
  base_model_name_or_path: z.string('must name the model that the adapter belongs to'),
  r: integer,
  lora_alpha: number,
  target_modules: names,
  exclude_modules: names.nullish(),
  use_rslora: flag,
  use_dora: flag,
  bias: z.enum(['none', 'all', 'lora_only'], 'must be "none", "all" or "lora_only"').nullish(),
  rank_pattern: z.record(z.string(), integer, 'must be an object from names to ranks').nullish(),
  alpha_pattern: z.record(z.string(), number, 'must be an object from names to numbers').nullish(),
  layers_to_transform: layers.nullish(),
  layers_pattern: names.nullish(),
  modules_to_save: z
    .array(
      z.enum(
        ['embed_tokens', 'lm_head', 'wte', 'model.embed_tokens', 'transformer.wte'],
        'has a module other than embed_tokens and lm_head (in GPT-2 wte and lm_head), which is not supported',
      ),
      'must be a list of names',
    )
    .nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});

/** What `adapter_config.json` says: the model's path as written, and the adapter. Throws BadInput, with the field named. */
export function parsePeftConfig(json: Record<string, unknown>, file: string): { base: string; lora: Lora } {
  const refuse = (field: string, message: string): never => {
    throw new BadInput(`"${field}" ${message}`, { file });
  };
  const parsed = adapterConfig.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return refuse(issue.path.join('.'), issue.message);
  }
  for (const [field, value] of Object.entries(json)) {
    const known = Object.hasOwn(PEFT_FIELDS, field) ? PEFT_FIELDS[field] : undefined;
    if (known === 'used' || known === 'ignored' || isUnset(value)) continue;
    if (known === undefined) {
      refuse(field, 'is set, which is not known here; it may change what the adapter computes');
    }
    refuse(field, 'is set, which is not supported; merge the adapter into its model with PEFT (merge_and_unload)');
  }
  const start = parsed.data.init_lora_weights ?? true;
  if (!PLAIN_STARTS.includes(typeof start === 'string' ? start.toLowerCase() : start)) {
    const message = `is ${JSON.stringify(start)}, so PEFT changes the model's own weights when it opens the adapter, which is not supported; save it as a plain one with PEFT's path_initial_model_for_weight_conversion, or merge it with merge_and_unload`;
    refuse('init_lora_weights', message);
  }
  return { base: parsed.data.base_model_name_or_path, lora: loraOf(parsed.data) };
}

function loraOf(fields: z.infer<typeof adapterConfig>): Lora {
  const { target_modules, exclude_modules, layers_to_transform, layers_pattern, modules_to_save } = fields;
  // Adapters of multimodal models name modules as the whole has them.
  const list = (value: string | string[]) => (typeof value === 'string' ? value : inOrder(value.map(textName)));
  const patterns = (values: Record<string, number>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [textName(key), value]));
  const transformed = typeof layers_to_transform === 'number' ? [layers_to_transform] : layers_to_transform;
  return {
    r: fields.r,
    loraAlpha: fields.lora_alpha,
    targetModules: list(target_modules),
    excludeModules: exclude_modules?.length ? list(exclude_modules) : null,
    useRslora: fields.use_rslora ?? false,
    useDora: fields.use_dora ?? false,
    rankPattern: patterns(fields.rank_pattern ?? {}),
    alphaPattern: patterns(fields.alpha_pattern ?? {}),
    layersToTransform: transformed?.length ? transformed : null,
    layersPattern: layers_pattern?.length ? [layers_pattern].flat() : null,
    modulesToSave: modules_to_save?.length
      ? (inOrder(modules_to_save.map((name) => name.split('.').at(-1)!)) as Lora['modulesToSave'])
      : null,
  };
}

/** The fields as PEFT writes them; those that are not there are at their defaults. `conv1d` are layers whose weights it finds transposed. */
export const peftFields = (base: string, lora: Lora, conv1d: boolean): Record<string, unknown> => ({
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  base_model_name_or_path: base,
  r: lora.r,
  lora_alpha: lora.loraAlpha,
  target_modules: lora.targetModules,
  exclude_modules: lora.excludeModules,
  use_rslora: lora.useRslora,
  use_dora: lora.useDora,
  rank_pattern: lora.rankPattern,
  alpha_pattern: lora.alphaPattern,
  layers_to_transform: lora.layersToTransform,
  layers_pattern: lora.layersPattern,
  modules_to_save: lora.modulesToSave,
  lora_dropout: 0,
  bias: 'none',
  fan_in_fan_out: conv1d,
  init_lora_weights: true,
  inference_mode: true,
});

/** Null, false, empty: as if it were not there. */
const isUnset = (value: unknown): boolean =>
  !value || (typeof value === 'object' && Object.keys(value as object).length === 0);
