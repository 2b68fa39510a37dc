import type { Engine } from '../engine/engine.ts';
import type { ModelConfig } from '../model/config.ts';
import { type AdapterConfig, adapterEntries, readAdapterConfig } from '../model/files/adapter-files.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { readModel } from '../model/files/read-model.ts';
import { checkWeights } from '../model/files/weights.ts';
import { adapterShapes } from '../model/parameters.ts';
import type { Quantization } from '../protocol/quantization.ts';
import { keptOn, mayBeOnCpu, type Place, tablesKept } from './kept-weights.ts';
import { readAdapter } from './policy/checkpoint-files.ts';

/** A model to be run, and not trained further. */
export interface ModelAsTrained {
  config: ModelConfig;
  /** For the engine that it will run `on`; `onShare` gets the share that is read. */
  read(on: Pick<Engine, 'name'>, onShare?: (share: number) => void): ReturnType<typeof readModel>;
}

/**
 * The adapter of a checkpoint whose base was in 8 or 4 bits in training, where it can stay so here: merged into it, the base would be float32
 * again, several times the memory. Undefined for any other model, which is read as it is, or merged.
 */
export function besideQuantized(
  folder: string,
  place: Place,
): (AdapterConfig & { quantization: Quantization }) | undefined {
  const adapter = readAdapterConfig(folder);
  if (!adapter?.quantization || !mayBeOnCpu(place)) return undefined;
  const { lora, quantization } = adapter;
  // Biases that PEFT trained besides, and DoRA's lengths, are for the model's own weights.
  const trained = adapterShapes({ ...readModelConfig(adapter.base), lora });
  if (lora.useDora || adapterEntries(folder).length !== trained.size) return undefined;
  return { ...adapter, quantization };
}

/** A Hugging Face folder, a .gguf file or an adapter's folder. Throws BadInput for what is wrong with the files, but for weights that are not finite. */
export function modelAsTrained(folder: string, place: Place): ModelAsTrained {
  const adapter = besideQuantized(folder, place);
  if (!adapter) return frozenModel(folder, readModelConfig(folder), place);
  checkWeights(folder, readModelConfig(folder));
  const { base, lora, quantization } = adapter;
  const start = frozenModel(base, { ...readModelConfig(base), lora, quantization }, place);
  return {
    ...start,
    async read(on, onShare) {
      const { weights } = await start.read(on, onShare);
      return { config: start.config, weights: { ...weights, ...readAdapter(folder, start.config) } };
    },
  };
}

/** The model in a folder, which `own` describes: also with an adapter that is put beside it. */
export function frozenModel(folder: string, own: ModelConfig, place: Place): ModelAsTrained {
  const config = { ...own, ...tablesKept(folder, own, place) };
  return { config, read: (on, onShare) => readModel(folder, onShare, keptOn(on, config)) };
}
