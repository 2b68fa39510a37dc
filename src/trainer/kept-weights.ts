import type { Engine } from '../engine/engine.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Kept } from '../model/files/read-model.ts';
import { tablesAsStored } from '../model/files/stored-tables.ts';
import type { RunConfig } from '../protocol/run-config.ts';

/** The device that a model runs on, and whether in float16. */
export type Place = Pick<RunConfig, 'device' | 'fp16'>;

/** Only the CPU computes with layers in 8 or 4 bits, and looks rows up in tables of 16. */
export const mayBeOnCpu = ({ device, fp16 }: Place): boolean => (device === 'auto' || device === 'cpu') && !fp16;

/** The tables of a model, frozen or with the adapter of `config`, that stay as they are stored if it is computed on the CPU. */
export const tablesKept = (model: string, config: ModelConfig, place: Place): Pick<ModelConfig, 'tablesAsStored'> =>
  mayBeOnCpu(place) ? tablesAsStored(model, config) : {};

/** What an engine wants to be kept in less than float32. */
export function keptOn({ name }: Pick<Engine, 'name'>, { quantization, tablesAsStored }: ModelConfig): Kept {
  return {
    ...(quantization && { quantization }),
    ...(name === 'cpu' && tablesAsStored && { tablesAsStored }),
  };
}
