import type { ModelConfig } from '../../src/model/config.ts';
import { lookupTables } from '../../src/model/lookup-tables.ts';
import { runConfigSchema } from '../../src/protocol/run-config.ts';
import { workloadOf } from '../../src/trainer/workload.ts';
import { WAYS, type Way } from './measured.ts';

/** What the trainer plans for weights, gradients and moments of a model whose files are in 16 bits; activations and caches come on top. */
export function plannedBytes(model: ModelConfig, way: Way): number {
  const { lora: rank, quantization } = WAYS[way];
  const lora = rank === undefined ? undefined : adapterOf(rank);
  const config = { ...model, ...(lora && { lora }), ...(quantization && { quantization }) };
  const tables = lora && { tablesAsStored: lookupTables(config) };
  return workloadOf({ ...config, ...tables }, { trains: true, half: false }).bytes;
}

const adapterOf = (r: number) =>
  runConfigSchema.parse({
    model: 'm',
    dataset: 'd',
    rewards: [],
    lora: { r, loraAlpha: 2 * r, targetModules: 'all-linear' },
  }).lora!;
