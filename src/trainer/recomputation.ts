import type { ModelConfig } from '../model/config.ts';
import { activationBytes, activationsAtOnce } from '../model/network/activations.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { availableMemory, longestSequences, type StepConfig, stepBytes } from './memory-check.ts';
import { workloadOf } from './workload.ts';

type Asked = Pick<RunConfig, 'gradientCheckpointing' | 'fp16'> & StepConfig;

/**
 * Whether a model's activations are computed a second time for the gradient. `auto`: with a quantized base, where memory is what counts and it
 * costs little time; where one completion alone would exceed what activations may take at once; or a step the memory that there is.
 */
export function recomputationOf(
  config: Asked,
  model: ModelConfig,
  { trains }: { trains: boolean },
): { recomputed?: boolean } {
  if (config.gradientCheckpointing !== 'auto') return config.gradientCheckpointing ? { recomputed: true } : {};
  if (model.quantization) return { recomputed: true };
  const sequences = longestSequences(config);
  const alone = activationBytes(model, sequences.slice(0, 1), 1, { forGradient: true });
  const { bytes } = workloadOf(model, { trains, half: config.fp16 });
  const fits = bytes + stepBytes(model, sequences, config) <= availableMemory();
  return fits && alone <= activationsAtOnce({}, { forGradient: true }) ? {} : { recomputed: true };
}

/** For the log of a run that asks for `auto`. */
export const recomputedNote = ({ quantization }: ModelConfig): string =>
  `Activations are computed a second time for the gradient ("gradientCheckpointing": "auto"): ${
    quantization ? `the model is in ${quantization}, to save memory` : 'they would not fit into memory'
  }.`;
