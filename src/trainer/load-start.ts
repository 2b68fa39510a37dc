import type { LoadedConfig } from '../config/load-config.ts';
import type { Engine } from '../engine/engine.ts';
import type { ModelConfig } from '../model/config.ts';
import { readModel } from '../model/files/read-model.ts';
import { beyondFloat16 } from '../model/files/safetensors-writer.ts';
import { BadInput } from '../protocol/errors.ts';
import { keptOn } from './kept-weights.ts';
import type { StartWeights } from './policy/policy.ts';
import { startAdapter } from './policy/start-adapter.ts';
import { placeStart } from './policy/start-weights.ts';

/** Reads the start model's weights, and puts them, and a new adapter, where training wants them, or sampling alone. `onLoad` gets the share that is read. */
export async function loadStart(
  engine: Engine,
  model: ModelConfig,
  { config, locate }: LoadedConfig,
  { onLoad, onlySamples = false }: { onLoad?: ((share: number) => void) | undefined; onlySamples?: boolean } = {},
): Promise<StartWeights> {
  const { weights: read } = await readModel(config.model, onLoad, keptOn(engine, model));
  const savesHalves = config.checkpointDtype === 'float16' && !config.lora && !onlySamples;
  const beyond = savesHalves ? beyondFloat16(read) : undefined;
  if (beyond) throw new BadInput(beyond, locate(['checkpointDtype']));
  const weights = await placeStart(engine, model, read, { frozen: config.lora !== null });
  const adapter = config.lora ? await engine.upload(startAdapter(model, config.seed, read)) : undefined;
  return { weights, adapter };
}
