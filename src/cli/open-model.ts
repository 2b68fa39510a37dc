import type { Engine } from '../engine/engine.ts';
import type { ModelConfig } from '../model/config.ts';
import { computeCopies } from '../model/network/half-weights.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Weights } from '../model/weights-tree.ts';
import type { Device } from '../protocol/run-config-fields.ts';
import { createEngine } from '../trainer/create-engine.ts';
import { modelAsTrained } from '../trainer/model-as-trained.ts';
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

/**
 * Reads a Hugging Face folder or a .gguf file, with a bar on a terminal; throws BadInput for whatever is wrong with it or the device. A base that was
 * in 8 or 4 bits in training is so here, and takes no more memory.
 */
export async function openModel(
  model: string,
  { device = 'auto', fp16 = false }: { device?: Device; fp16?: boolean } = {},
): Promise<OpenModel> {
  const opened = modelAsTrained(model, { device, fp16 });
  // Where memory was short in training, it is here: batches are as small, and graphs are not kept beside each other.
  const config = { ...opened.config, ...(opened.config.quantization && { recomputed: true }) };
  const workload = workloadOf(config, { trains: false, half: fp16 });
  const { engine } = await createEngine({ device, fp16 }, undefined, workload);
  const progress = new Progress(process.stderr);
  const { weights } = await opened.read(engine, (share) => {
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
