import type { ModelConfig } from '../model/config.ts';
import { readModel, type Weights } from '../model/language-model.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer.ts';

/** A model folder, ready to run. */
export interface OpenModel {
  config: ModelConfig;
  weights: Weights;
  tokenizer: Tokenizer;
  /** Every token that ends a completion: the model's and its tokenizer's. */
  eosTokenIds: number[];
}

/** Reads a model folder; throws BadInput for whatever is wrong with it. */
export function openModel(folder: string): OpenModel {
  const { config, weights } = readModel(folder);
  const tokenizer = loadTokenizer(folder);
  const ends = new Set(config.eosTokenIds);
  if (tokenizer.eosTokenId !== undefined) ends.add(tokenizer.eosTokenId);
  return { config, weights, tokenizer, eosTokenIds: [...ends].filter((id) => id < config.vocabSize) };
}
