import type { ModelConfig } from '../model/config.ts';
import { type AdapterConfig, adapterEntries, readAdapterConfig } from '../model/files/adapter-files.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { readModel } from '../model/files/read-model.ts';
import { checkWeights } from '../model/files/weights.ts';
import { adapterShapes } from '../model/parameters.ts';
import type { Quantization } from '../protocol/quantization.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { readAdapter } from './policy/checkpoint-files.ts';

/** Where a model is computed. */
type Place = Pick<RunConfig, 'device' | 'fp16'>;

/** A model to be run, and not trained further. */
export interface ModelAsTrained {
  config: ModelConfig;
  /** `onShare` gets the share that is read. */
  read(onShare?: (share: number) => void): ReturnType<typeof readModel>;
}

/** Only the CPU computes with layers in 8 or 4 bits. */
export const computesQuantized = ({ device, fp16 }: Place): boolean => (device === 'auto' || device === 'cpu') && !fp16;

/**
 * The adapter of a checkpoint whose base was in 8 or 4 bits in training, where it can stay so here: merged into it, the base would be float32
 * again, several times the memory. Undefined for any other model, which is read as it is, or merged.
 */
export function besideQuantized(
  folder: string,
  place: Place,
): (AdapterConfig & { quantization: Quantization }) | undefined {
  const adapter = readAdapterConfig(folder);
  if (!adapter?.quantization || !computesQuantized(place)) return undefined;
  const { lora, quantization } = adapter;
  // Biases that PEFT trained besides, and DoRA's lengths, are for the model's own weights.
  const trained = adapterShapes({ ...readModelConfig(adapter.base), lora });
  if (lora.useDora || adapterEntries(folder).length !== trained.size) return undefined;
  return { ...adapter, quantization };
}

/** A Hugging Face folder, a .gguf file or an adapter's folder. Throws BadInput for what is wrong with the files, but for weights that are not finite. */
export function modelAsTrained(folder: string, place: Place): ModelAsTrained {
  const own = readModelConfig(folder);
  const adapter = besideQuantized(folder, place);
  if (!adapter) return { config: own, read: (onShare) => readModel(folder, onShare) };
  checkWeights(folder, own);
  const { base, lora, quantization } = adapter;
  const config: ModelConfig = { ...readModelConfig(base), lora, quantization };
  return {
    config,
    async read(onShare) {
      const { weights } = await readModel(base, onShare, quantization);
      return { config, weights: { ...weights, ...readAdapter(folder, config) } };
    },
  };
}
