import { floats } from '../engine/tree.ts';
import type { ModelConfig } from './config.ts';
import { adaptedModules, savedModules } from './lora-targets.ts';
import { modulesOf, PER_LAYER_EMBEDDING } from './modules.ts';
import type { Weights } from './weights-tree.ts';

/**
 * Embeddings that no product is taken with: a token's row is looked up in them, and that is all. Where nothing of them is trained, the CPU keeps
 * them in the 16 bits that files have for each value. In place of NAME.weight there are NAME.bits, uint16 [words, width], and NAME.values, the
 * float32 that each of the 65,536 bit patterns stands for: what is looked up is exactly what NAME.weight would have.
 */

/** Their names in Hugging Face's files: per-layer embeddings, and a model's own unless its head is the same matrix. */
export function lookupTables(config: ModelConfig): Set<string> {
  const changed = [...adaptedModules(config).keys(), ...savedModules(config)];
  const tables = modulesOf(config).filter(
    ({ kind, name }) =>
      kind === 'embedding' && (name === PER_LAYER_EMBEDDING || !config.tieEmbeddings) && !changed.includes(name),
  );
  return new Set(tables.map(({ name }) => `${name}.weight`));
}

/** What weights have of such a table. */
export function tableWeights(name: string, shape: number[], bits: Uint16Array, values: Float32Array): Weights {
  const module = name.replace(/\.weight$/, '');
  return { [`${module}.bits`]: { dtype: 'uint16', shape, data: bits }, [`${module}.values`]: floats(values) };
}
