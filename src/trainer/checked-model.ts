import type { LoadedConfig } from '../config/load-config.ts';
import type { ModelConfig } from '../model/config.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { checkWeights } from '../model/files/weights.ts';
import { loraProblem, unusedInLora } from '../model/lora-targets.ts';
import { BadInput } from '../protocol/errors.ts';
import { tablesKept } from './kept-weights.ts';
import { tooManyAtOnce } from './memory-check.ts';
import { type Decided, quantizationOf } from './quantization.ts';
import { recomputationOf } from './recomputation.ts';

export interface ModelUse {
  /** It is only sampled from. */
  onlySamples?: boolean | undefined;
  /** What `"quantization": "auto"` has been decided to be. */
  decided?: Decided | undefined;
}

/** The model that a config trains, or samples from, its adapter included. Throws BadInput where it cannot be trained so, before any weight is read. */
export function checkedModel(
  { config, locate }: LoadedConfig,
  { onlySamples = false, decided }: ModelUse = {},
): ModelConfig {
  const { lora } = config;
  const start = readModelConfig(config.model);
  checkWeights(config.model, start);
  if (start.positions && (config.device === 'webgpu' || config.device === 'tensorflow'))
    throw new BadInput(
      `"device" is "${config.device}", but a model of positions runs on the CPU only; set it to "auto" or "cpu".`,
      locate(['device']),
    );
  const adapted = lora ? { ...start, lora } : start;
  const problem = loraProblem(adapted) ?? (lora && unusedInLora({ ...start, lora }));
  if (problem) throw new BadInput(`"lora.${problem.field}" ${problem.message}.`, locate(['lora', problem.field]));
  for (const field of ['numGenerations', 'numGenerationsEval'] as const) {
    const tooMany = tooManyAtOnce(adapted, config[field], config.maxCompletionLength);
    if (tooMany) throw new BadInput(`${tooMany}; lower "${field}" or "maxCompletionLength".`, locate([field]));
  }
  const kept = lora || onlySamples ? { ...adapted, ...tablesKept(config.model, adapted, config) } : adapted;
  const model = { ...kept, ...quantizationOf(config, kept, decided) };
  return { ...model, ...recomputationOf(config, model, { trains: !onlySamples }) };
}
