import { gpuMemory } from '../engine/devices/gpu-memory.ts';
import type { ModelConfig } from '../model/config.ts';
import { QUANTIZATIONS, type Quantization } from '../protocol/quantization.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { availableMemory, stepBytes } from './memory-check.ts';
import { workloadOf } from './workload.ts';

type Asked = Pick<RunConfig, 'quantization' | 'device' | 'promptsPerStep' | 'numGenerations' | 'maxCompletionLength'>;

/** What a config keeps the base of an adapter in. `auto`: the most exact that fits, or the smallest there is. */
export function quantizationOf(config: Asked, model: ModelConfig): { quantization?: Quantization } {
  if (config.quantization === null) return {};
  if (config.quantization !== 'auto') return { quantization: config.quantization };
  const takes = (quantization?: Quantization) =>
    workloadOf({ ...model, ...(quantization && { quantization }) }, { trains: true, half: false }).bytes;
  if (config.device === 'auto' && (gpuMemory()?.bytes ?? 0) >= takes()) return {};
  const room = availableMemory() - longestStep(config, model);
  if (takes() <= room) return {};
  return { quantization: QUANTIZATIONS.find((one) => takes(one) <= room) ?? QUANTIZATIONS.at(-1)! };
}

/** What a step holds besides weights, if all of its completions are as long as they may be. */
function longestStep({ promptsPerStep, numGenerations, maxCompletionLength }: Asked, model: ModelConfig): number {
  const sequence = { promptIds: [], completionIds: Array<number>(maxCompletionLength) };
  const sequences = Array.from({ length: promptsPerStep * numGenerations }, () => sequence);
  return stepBytes(model, sequences, numGenerations);
}

/** For the log of a run that asks for `auto`. */
export const quantizationNote = ({ quantization }: ModelConfig): string =>
  quantization
    ? `The model's layers are kept in ${quantization} ("quantization": "auto"): in float32 they would not fit into memory.`
    : 'The model stays in float32 ("quantization": "auto"): it fits into memory.';
