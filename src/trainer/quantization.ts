import { gpuMemory } from '../engine/devices/gpu-memory.ts';
import type { ModelConfig } from '../model/config.ts';
import { QUANTIZATIONS, type Quantization } from '../protocol/quantization.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { availableMemory, longestSequences, stepBytes } from './memory-check.ts';
import { workloadOf } from './workload.ts';

type Asked = Pick<RunConfig, 'quantization' | 'device' | 'promptsPerStep' | 'numGenerations' | 'maxCompletionLength'>;

/** What a config keeps the base of an adapter in. `auto`: the most exact that fits, or the smallest there is. */
export function quantizationOf(config: Asked, model: ModelConfig): { quantization?: Quantization } {
  if (config.quantization === null) return {};
  if (config.quantization !== 'auto') return { quantization: config.quantization };
  const takes = (quantization?: Quantization) =>
    workloadOf({ ...model, ...(quantization && { quantization }) }, { trains: true, half: false }).bytes;
  if (config.device === 'auto' && (gpuMemory()?.bytes ?? 0) >= takes()) return {};
  const room = availableMemory() - stepBytes(model, longestSequences(config), config.numGenerations);
  if (takes() <= room) return {};
  return { quantization: QUANTIZATIONS.find((one) => takes(one) <= room) ?? QUANTIZATIONS.at(-1)! };
}

/** For the log of a run that asks for `auto`. */
export const quantizationNote = ({ quantization }: ModelConfig): string =>
  quantization
    ? `The model's layers are kept in ${quantization} ("quantization": "auto"): in float32 they would not fit into memory.`
    : 'The model stays in float32 ("quantization": "auto"): it fits into memory.';
