import { ALL_LINEAR, type Lora } from '../protocol/lora-config.ts';
import type { ModelConfig } from './config.ts';

/** What an adapter adds to one module. */
export interface ModuleAdapter {
  r: number;
  scale: number;
}

export const EMBEDDING = 'model.embed_tokens';
export const HEAD = 'lm_head';

type Model = Pick<ModelConfig, 'layers' | 'qkNorm' | 'lora'>;

/** The modules that the model's adapter adds to, by their Hugging Face names, in the order of the forward pass. */
export function adaptedModules(model: Model): Map<string, ModuleAdapter> {
  const { lora } = model;
  if (!lora) return new Map();
  const targeted = modulesOf(model).matrices.filter(targetRule(lora));
  return new Map(targeted.map((name) => [name, moduleAdapter(lora, name)]));
}

/** The modules that are trained in full beside it. */
export const savedModules = ({ lora }: Pick<ModelConfig, 'lora'>): string[] =>
  [EMBEDDING, HEAD].filter((name) => lora?.modulesToSave?.some((saved) => name.endsWith(saved)));

/** Why the adapter cannot be put on the model, and which field says so. */
export function loraProblem(model: Model): { field: keyof Lora; message: string } | undefined {
  const { lora } = model;
  if (!lora) return undefined;
  const patterns: [keyof Lora, string[]][] = [
    ['targetModules', typeof lora.targetModules === 'string' ? [lora.targetModules] : []],
    ['excludeModules', typeof lora.excludeModules === 'string' ? [lora.excludeModules] : []],
    ['rankPattern', Object.keys(lora.rankPattern)],
    ['alphaPattern', Object.keys(lora.alphaPattern)],
    ['layersPattern', lora.layersPattern ?? []],
  ];
  for (const [field, sources] of patterns) {
    const unread = sources.find((source) => !isPattern(source));
    if (unread !== undefined) {
      const message = `has the regular expression ${JSON.stringify(unread)}, which cannot be read the way Python does; write it more simply, or list the modules`;
      return { field, message };
    }
  }
  if (typeof lora.targetModules === 'string' && lora.layersToTransform) {
    return { field: 'layersToTransform', message: 'goes with a list of target modules, not with a regular expression' };
  }
  if (lora.layersPattern && !lora.layersToTransform) {
    return { field: 'layersPattern', message: 'needs layers to transform' };
  }
  const { matrices, others } = modulesOf(model);
  const isTarget = targetRule(lora);
  const wrong = others.find(isTarget);
  if (wrong !== undefined) {
    return { field: 'targetModules', message: `means ${wrong} too, which is not a linear layer or an embedding` };
  }
  if (!matrices.some(isTarget)) {
    const message = `means no module of the model; its modules are ${matrices.slice(1, 8).join(', ')} and so on`;
    return { field: 'targetModules', message };
  }
  return undefined;
}

/** What in the adapter's fields means nothing in the model. PEFT passes over it; in a config that someone writes it is a slip. */
export function unusedInLora(model: Model & { lora: Lora }): { field: keyof Lora; message: string } | undefined {
  const { lora, layers } = model;
  const { matrices } = modulesOf(model);
  const adapted = [...adaptedModules(model).keys()];
  const list = (value: string | string[] | null) => (Array.isArray(value) ? value : []);
  const fits = (pattern: string) => (name: string) => patternValue({ [pattern]: 1 }, name) !== undefined;
  const checks: [keyof Lora, string[], (entry: string) => boolean, string][] = [
    ['targetModules', list(lora.targetModules), (entry) => matrices.some(endsWithOne([entry])), 'the model'],
    ['excludeModules', list(lora.excludeModules), (entry) => matrices.some(endsWithOne([entry])), 'the model'],
    ['rankPattern', Object.keys(lora.rankPattern), (entry) => adapted.some(fits(entry)), 'those with an adapter'],
    ['alphaPattern', Object.keys(lora.alphaPattern), (entry) => adapted.some(fits(entry)), 'those with an adapter'],
  ];
  for (const [field, entries, isUsed, among] of checks) {
    const unused = entries.find((entry) => !isUsed(entry));
    if (unused !== undefined) return { field, message: `has "${unused}", which means no module of ${among}` };
  }
  const beyond = lora.layersToTransform?.find((layer) => layer >= layers);
  if (beyond === undefined) return undefined;
  return { field: 'layersToTransform', message: `has ${beyond}, but the model's layers are 0 to ${layers - 1}` };
}

/** The names of a model's modules: those with a matrix that an adapter can add to, and the others. */
function modulesOf({ layers, qkNorm }: Model): { matrices: string[]; others: string[] } {
  const perLayer = (names: string[]) =>
    Array.from({ length: layers }, (_, layer) => names.map((name) => `model.layers.${layer}${name}`)).flat();
  const attention = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `.self_attn.${name}`);
  const mlp = ['gate_proj', 'up_proj', 'down_proj'].map((name) => `.mlp.${name}`);
  const norms = ['.input_layernorm', '.post_attention_layernorm'];
  const headNorms = qkNorm ? ['.self_attn.q_norm', '.self_attn.k_norm'] : [];
  return {
    matrices: [EMBEDDING, ...perLayer([...attention, ...mlp]), HEAD],
    others: [
      'model',
      'model.layers',
      ...perLayer(['', '.self_attn', '.mlp', '.mlp.act_fn', ...norms, ...headNorms]),
      'model.norm',
      'model.rotary_emb',
    ],
  };
}

/**
 * Whether the adapter adds to the module of a name.
 *
 * Source: `check_target_module_exists` in peft/tuners/tuners_utils.py.
 */
function targetRule(lora: Lora): (name: string) => boolean {
  const { targetModules, excludeModules, layersToTransform } = lora;
  const saved = lora.modulesToSave ?? [];
  const isExcluded = typeof excludeModules === 'string' ? whole(excludeModules) : endsWithOne(excludeModules ?? []);
  if (typeof targetModules === 'string') {
    const isLinear = (name: string) => name.endsWith('_proj');
    const matches = targetModules.toLowerCase() === ALL_LINEAR ? isLinear : whole(targetModules);
    return (name) => !isExcluded(name) && !endsWithOne(saved)(name) && matches(name);
  }
  const isNamed = endsWithOne(targetModules);
  const layerOf = layerRule(lora);
  return (name) => {
    if (isExcluded(name) || endsWithOne(saved)(name)) return false;
    // A path in full names its layer itself.
    if (targetModules.includes(name) || !layersToTransform) return isNamed(name);
    return isNamed(name) && layersToTransform.includes(layerOf(name)!);
  };
}

/** Which layer a module is in, as the adapter counts them. */
function layerRule({ layersPattern }: Lora): (name: string) => number | undefined {
  const patterns = layersPattern?.map((pattern) => `(?:^|.*?\\.)${pattern}\\.(?<index>\\d+)\\.`);
  const expressions = (patterns ?? ['.*?\\.[^.]*\\.(?<index>\\d+)\\.']).map((source) => new RegExp(`^${source}`, 'u'));
  return (name) => {
    const match = expressions.map((expression) => expression.exec(name)).find((found) => found);
    return match ? Number(match.groups!.index) : undefined;
  };
}

function moduleAdapter(lora: Lora, name: string): ModuleAdapter {
  const r = patternValue(lora.rankPattern, name) ?? lora.r;
  const alpha = patternValue(lora.alphaPattern, name) ?? lora.loraAlpha;
  return { r, scale: alpha / (lora.useRslora ? Math.sqrt(r) : r) };
}

/** The value of the first pattern that fits the end of a path: `get_pattern_key` in peft/utils/other.py. */
function patternValue(patterns: Record<string, number>, name: string): number | undefined {
  const found = Object.entries(patterns).find(([key]) => new RegExp(`^(?:.*\\.)?(?:${key})$`, 'u').test(name));
  return found?.[1];
}

const whole =
  (source: string) =>
  (name: string): boolean =>
    new RegExp(`^(?:${source})$`, 'u').test(name);

const endsWithOne =
  (ends: readonly string[]) =>
  (name: string): boolean =>
    ends.some((end) => name === end || name.endsWith(`.${end}`));

/** In Unicode mode what Python reads otherwise, such as `\Z`, is an error here rather than something else. */
function isPattern(source: string): boolean {
  try {
    new RegExp(`(?:${source})`, 'u');
    return true;
  } catch {
    return false;
  }
}
