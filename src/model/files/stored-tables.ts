/** Embeddings that stay in the 16 bits of their files: which, and how they are read. See `lookup-tables.ts`. */
import type { ModelConfig } from '../config.ts';
import { lookupTables, tableWeights } from '../lookup-tables.ts';
import type { Weights } from '../weights-tree.ts';
import { finiteHalves } from './finite.ts';
import { halfValues } from './float16.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { checkWeights } from './weights.ts';

/** Those of a model that is frozen, or trained with the adapter of `config`: tables that its files have in float16 or bfloat16. */
export function tablesAsStored(model: string, config: ModelConfig): Pick<ModelConfig, 'tablesAsStored'> {
  const { lora: _, ...own } = config;
  const tensors = checkWeights(model, own);
  const names = [...lookupTables(config)].filter((name) => tensors.get(name)!.halves);
  return names.length > 0 ? { tablesAsStored: new Set(names) } : {};
}

/** The weights that such a table becomes. */
export function readTable(tensor: StoredTensor): Weights {
  const { type, read } = tensor.halves!;
  return tableWeights(tensor.name, tensor.shape, finiteHalves(read(), type, tensor), halfValues(type));
}
