import { gpuMemory } from '../engine/devices/gpu-memory.ts';
import type { ModelConfig } from '../model/config.ts';
import { readQuantization } from '../model/files/adapter-files.ts';
import { QUANTIZATIONS, type Quantization } from '../protocol/quantization.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { tablesKept } from './kept-weights.ts';
import { availableMemory, longestSequences, type StepConfig, stepBytes } from './memory-check.ts';
import { workloadOf } from './workload.ts';

type Asked = Pick<RunConfig, 'quantization' | 'gradientCheckpointing' | 'device'> & StepConfig;

/** What `auto` has come to; undefined: float32. */
export interface Decided {
  quantization: Quantization | undefined;
}

/** What the base of a checkpoint was kept in. */
export const decidedIn = (checkpoint: string): Decided => ({ quantization: readQuantization(checkpoint) });

/** What a config keeps the base of an adapter in. `auto`: what was decided before, else the most exact that fits, or the smallest there is. */
export function quantizationOf(config: Asked, model: ModelConfig, decided?: Decided): { quantization?: Quantization } {
  if (config.quantization === null) return {};
  if (config.quantization !== 'auto') return { quantization: config.quantization };
  if (decided) return kept(decided.quantization);
  const { gradientCheckpointing } = config;
  const weights = (model: ModelConfig) => workloadOf(model, { trains: true, half: false });
  if (config.device === 'auto' && (gpuMemory()?.bytes ?? 0) >= weights(model).gpuBytes) return {};
  const fits = (quantization?: Quantization): boolean => {
    const recomputed =
      gradientCheckpointing === true || (quantization !== undefined && gradientCheckpointing === 'auto');
    const chosen: ModelConfig = { ...model, ...kept(quantization), recomputed };
    return weights(chosen).bytes + stepBytes(chosen, longestSequences(config), config) <= availableMemory();
  };
  if (fits()) return {};
  return { quantization: QUANTIZATIONS.find(fits) ?? QUANTIZATIONS.at(-1)! };
}

const kept = (quantization: Quantization | undefined) => (quantization ? { quantization } : {});

/** What a training of this config keeps its base in, for what samples from the base alone. */
export function quantizationInTraining(
  config: Asked & Pick<RunConfig, 'model' | 'lora' | 'fp16'>,
  start: ModelConfig,
): { quantization?: Quantization } {
  if (!config.lora) return {};
  // Its adapter may leave fewer tables as they are.
  const adapted = { ...start, lora: config.lora };
  return quantizationOf(config, { ...adapted, ...tablesKept(config.model, adapted, config) });
}

/** For the log of a run that asks for `auto`. */
export function quantizationNote({ quantization }: ModelConfig, { resumed }: { resumed: boolean }): string {
  if (resumed)
    return `The model's layers stay in ${quantization ?? 'float32'} ("quantization": "auto"), as this run has kept them.`;
  return quantization
    ? `The model's layers are kept in ${quantization} ("quantization": "auto"): in float32 they would not fit into memory.`
    : 'The model stays in float32 ("quantization": "auto"): it fits into memory.';
}
