import type { ModelConfig } from '../model/config.ts';
import { readModel, type Weights } from '../model/language-model.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer.ts';
import { Progress } from './progress.ts';

/** A model, ready to run. */
export interface OpenModel {
  config: ModelConfig;
  weights: Weights;
  tokenizer: Tokenizer;
  /** Every token that ends a completion: the model's and its tokenizer's. */
  eosTokenIds: number[];
}

/** Reads a Hugging Face folder or a .gguf file, with a bar on a terminal; throws BadInput for whatever is wrong with it. */
export async function openModel(model: string): Promise<OpenModel> {
  const progress = new Progress(process.stderr);
  const { config, weights } = await readModel(model, (share) => {
    progress.show({ type: 'phase', step: 0, phase: 'load', share });
  });
  const tokenizer = loadTokenizer(model);
  const ends = new Set(config.eosTokenIds);
  if (tokenizer.eosTokenId !== undefined) ends.add(tokenizer.eosTokenId);
  return { config, weights, tokenizer, eosTokenIds: [...ends].filter((id) => id < config.vocabSize) };
}
