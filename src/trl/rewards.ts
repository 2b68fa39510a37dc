import { basename } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { bundledName } from '../rewards/bundled-reward.ts';
import type { RewardFunction } from '../rewards/open-rewards.ts';
import type { PythonValue } from './python-value.ts';

/** Names that Python keeps for itself and JavaScript does not. */
const PYTHON_NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** A reward file's module: `sort_reward` for sort-reward.py. */
export const moduleName = (file: string): string =>
  basename(file)
    .replace(/\.py$/, '')
    .replaceAll(/\W/g, '_')
    .replace(/^(?=\d)/, '_');

/** The reward functions as a script has them. */
export interface ScriptRewards {
  imports: string[];
  /** Statements before the trainer is made. */
  setup: string[];
  /** The list that the trainer takes. */
  list: string;
  /** `reward_weights`; undefined where all are 1. */
  weights: number[] | undefined;
  languages: ReadonlySet<'typescript' | 'python'>;
}

/** `inPlace`: as the user's files are, for a run on this machine; else as copies beside the script. */
export function scriptRewards(
  functions: readonly RewardFunction[],
  config: RunConfig,
  { inPlace = false } = {},
): ScriptRewards {
  const typescript = functions.filter(({ language }) => language === 'typescript');
  const python = functions.filter(({ language }) => language === 'python');
  const unwritable = python.find(({ name }) => !PYTHON_NAME.test(name));
  if (unwritable) throw new BadInput(`"${unwritable.name}" cannot be imported by that name; rename it.`, unwritable);
  const imports: string[] = [];
  const setup: string[] = [];
  const items: string[] = [];
  const weights = [...typescript, ...python].map(({ weight }) => weight);
  if (typescript.length > 0) {
    imports.push('from grpo_lab_rewards import reward_functions');
    const named = typescript.map(
      ({ file, name }) => `    ${JSON.stringify(`${inPlace ? file : `rewards/${bundledName(file)}`}#${name}`)},`,
    );
    const { rewardEnv: env, rewardTimeoutSeconds } = config;
    const options = [
      ...(rewardTimeoutSeconds === 10 ? [] : [`timeout=${rewardTimeoutSeconds}`]),
      ...(env.length > 0 ? [`env=[${env.map((name) => JSON.stringify(name)).join(', ')}]`] : []),
    ].map((option) => `    ${option},`);
    setup.push(
      '# Each runs in a Node process of its own.',
      'typescript = reward_functions(',
      ...named,
      ...options,
      ')',
    );
    items.push('*typescript');
  }
  if (python.length > 0 && inPlace) {
    imports.push('from grpo_lab_host import python_rewards');
    const named = python.map(({ file, name }) => `    ${JSON.stringify(`${file}#${name}`)},`);
    setup.push('python = python_rewards(', ...named, `    timeout=${config.rewardTimeoutSeconds},`, ')');
    items.push('*python');
  } else if (python.length > 0) {
    setup.unshift(
      'sys.path.insert(0, "rewards")',
      ...python.map(({ file, name }) => `from ${moduleName(file)} import ${name}`),
      '',
    );
    imports.unshift('import sys');
    items.push(...python.map(({ name }) => name));
  }
  if (config.overlongPenalty) {
    const { cache, factor } = config.overlongPenalty;
    imports.push('from trl.rewards import get_soft_overlong_punishment');
    setup.push(
      `overlong_penalty = get_soft_overlong_punishment(${config.maxCompletionLength}, ${cache})`,
      'overlong_penalty.__name__ = "overlong_penalty"',
    );
    items.push('overlong_penalty');
    weights.push(factor);
  }
  return {
    imports,
    setup,
    list: `[${items.join(', ')}]`,
    weights: weights.every((weight) => weight === 1) ? undefined : weights,
    languages: new Set(functions.map(({ language }) => language)),
  };
}

/** PEFT's LoraConfig, where it is not its default. */
export function loraArgs({ lora }: RunConfig): Record<string, PythonValue> | undefined {
  if (lora === null) return undefined;
  const { r, loraAlpha, targetModules, excludeModules, useRslora, useDora, rankPattern, alphaPattern } = lora;
  const { layersToTransform, layersPattern, modulesToSave } = lora;
  return {
    task_type: 'CAUSAL_LM',
    r,
    lora_alpha: loraAlpha,
    target_modules: targetModules,
    ...(excludeModules !== null && { exclude_modules: excludeModules }),
    ...(useRslora && { use_rslora: true }),
    ...(useDora && { use_dora: true }),
    ...(Object.keys(rankPattern).length > 0 && { rank_pattern: rankPattern }),
    ...(Object.keys(alphaPattern).length > 0 && { alpha_pattern: alphaPattern }),
    ...(layersToTransform !== null && { layers_to_transform: layersToTransform }),
    ...(layersPattern !== null && { layers_pattern: layersPattern }),
    ...(modulesToSave !== null && { modules_to_save: modulesToSave }),
  };
}
