import type { Engine } from '../engine/engine.ts';
import type { ModelConfig } from '../model/config.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { readModel } from '../model/files/read-model.ts';
import { computeCopies } from '../model/network/half-weights.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Weights } from '../model/weights-tree.ts';
import type { Device } from '../protocol/run-config-fields.ts';
import { createEngine } from '../trainer/create-engine.ts';
import { workloadOf } from '../trainer/workload.ts';
import { Progress } from './progress.ts';

/** A model on a device, ready to run. */
export interface OpenModel {
  engine: Engine;
  config: ModelConfig;
  weights: Weights;
  tokenizer: Tokenizer;
  /** Every token that ends a completion: the model's and its tokenizer's. */
  eosTokenIds: number[];
}

/** Reads a Hugging Face folder or a .gguf file, with a bar on a terminal; throws BadInput for whatever is wrong with it or the device. */
export async function openModel(
  model: string,
  { device = 'auto', fp16 = false }: { device?: Device; fp16?: boolean } = {},
): Promise<OpenModel> {
  const workload = workloadOf(readModelConfig(model), { trains: false, half: fp16 });
  const { engine } = await createEngine({ device, fp16 }, undefined, workload);
  const progress = new Progress(process.stderr);
  const { config, weights } = await readModel(model, (share) => {
    progress.show({ type: 'phase', step: 0, phase: 'load', share });
  });
  const tokenizer = loadTokenizer(model);
  const ends = new Set(config.eosTokenIds);
  if (tokenizer.eosTokenId !== undefined) ends.add(tokenizer.eosTokenId);
  return {
    engine,
    config,
    weights: await computeCopies(engine, config, weights),
    tokenizer,
    eosTokenIds: [...ends].filter((id) => id < config.vocabSize),
  };
}
