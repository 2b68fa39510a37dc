import { ALL_LINEAR, type Lora } from '../protocol/lora-config.ts';
import type { ModelConfig } from './config.ts';
import type { Module } from './module.ts';
import { EMBEDDING, HEAD, modulesOf } from './modules.ts';

/** What an adapter adds to one module. */
export interface ModuleAdapter {
  r: number;
  scale: number;
}

/** The modules that the model's adapter adds to, by their Hugging Face names, in the order of the forward pass. */
export function adaptedModules(model: ModelConfig): Map<string, ModuleAdapter> {
  const { lora } = model;
  if (!lora) return new Map();
  const targeted = modulesOf(model).filter(hasMatrix).filter(targetRule(lora));
  return new Map(targeted.map(({ name }) => [name, moduleAdapter(lora, name)]));
}

/** The modules that are trained in full besides the adapter. */
export const savedModules = ({ lora }: Pick<ModelConfig, 'lora'>): string[] =>
  [EMBEDDING, HEAD].filter((name) => lora?.modulesToSave?.some((saved) => name.endsWith(saved)));

/** Whether the adapter changes what is one matrix in a model with tied embeddings, so that they are two from then on. */
export function changesVocabulary(model: ModelConfig): boolean {
  const changed = [...adaptedModules(model).keys(), ...savedModules(model)];
  return changed.includes(EMBEDDING) || changed.includes(HEAD);
}

/** Why the adapter cannot be put on the model, and which field says so. */
export function loraProblem(model: ModelConfig): { field: keyof Lora; message: string } | undefined {
  const { lora } = model;
  if (!lora) return undefined;
  if (model.positions)
    return { field: 'targetModules', message: 'has nothing to adapt in a model of positions; set "lora" to null' };
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
    return { field: 'layersToTransform', message: 'goes with a list of target modules only, as in PEFT' };
  }
  if (lora.layersPattern && !lora.layersToTransform) {
    return { field: 'layersPattern', message: 'needs layers to transform' };
  }
  const modules = modulesOf(model);
  const isTarget = targetRule(lora);
  const wrong = modules.find((module) => !hasMatrix(module) && isTarget(module));
  if (wrong !== undefined) {
    return { field: 'targetModules', message: `means ${wrong.name} too, which is not a linear layer or an embedding` };
  }
  if (!modules.some((module) => hasMatrix(module) && isTarget(module))) {
    const linear = modules.filter(({ kind }) => kind === 'linear').map(({ name }) => name);
    const message = `means no module of the model; its modules are ${linear.slice(0, 7).join(', ')} and so on`;
    return { field: 'targetModules', message };
  }
  return undefined;
}

/** What in the adapter's fields means nothing in the model. PEFT passes over it; in a config that someone writes it is a slip. */
export function unusedInLora(model: ModelConfig & { lora: Lora }): { field: keyof Lora; message: string } | undefined {
  const { lora, layers } = model;
  const matrices = modulesOf(model)
    .filter(hasMatrix)
    .map(({ name }) => name);
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
  const beyond = lora.layersToTransform?.find((layer) => layer >= layers.length);
  if (beyond === undefined) return undefined;
  return { field: 'layersToTransform', message: `has ${beyond}, but the model's layers are 0 to ${layers.length - 1}` };
}

/** Whether an adapter can add to the module. */
const hasMatrix = ({ kind }: Module): boolean => kind === 'linear' || kind === 'head' || kind === 'embedding';

/**
 * Whether the adapter adds to a module.
 *
 * Source: `check_target_module_exists` in peft/tuners/tuners_utils.py.
 */
function targetRule(lora: Lora): (module: Pick<Module, 'name' | 'kind'>) => boolean {
  const { targetModules, excludeModules, layersToTransform } = lora;
  const saved = lora.modulesToSave ?? [];
  const isExcluded = typeof excludeModules === 'string' ? whole(excludeModules) : endsWithOne(excludeModules ?? []);
  if (typeof targetModules === 'string') {
    const all = targetModules.toLowerCase() === ALL_LINEAR;
    const matches = whole(targetModules);
    return ({ name, kind }) =>
      !isExcluded(name) && !endsWithOne(saved)(name) && (all ? kind === 'linear' : matches(name));
  }
  const isNamed = endsWithOne(targetModules);
  const layerOf = layerRule(lora);
  return ({ name }) => {
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
