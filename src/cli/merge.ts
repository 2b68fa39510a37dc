import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { adapterDtype, isAdapterFolder } from '../model/adapter-files.ts';
import { mergedWeights } from '../model/merge.ts';
import { unpackWeights } from '../model/packing.ts';
import { parameterShapes } from '../model/parameters.ts';
import { saveModelFolder } from '../model/save.ts';
import { BadInput } from '../protocol/errors.ts';
import { checkPlace, writeFailure } from '../trainer/atomic-write.ts';
import type { CommandOf } from './args.ts';
import { openModel } from './open-model.ts';
import { print } from './output.ts';

/** `grpo merge`: a checkpoint's adapter worked into its model, as a Hugging Face folder in the checkpoint's number format. */
export async function mergeCommand({ checkpoint, out }: CommandOf<'merge'>): Promise<number> {
  const folder = resolve(checkpoint);
  if (!isAdapterFolder(folder)) {
    const message = 'there is no LoRA adapter here (no adapter_config.json), and so nothing to merge';
    throw new BadInput(message, { file: folder });
  }
  const target = out === undefined ? `${folder}-merged` : resolve(out);
  if (existsSync(target)) throw new BadInput('this is there already; name another folder with --out', { file: target });
  checkPlace(target, 'folder');
  const { config, weights } = await openModel(folder, { device: 'cpu' });
  const { lora, ...model } = config;
  const merged = mergedWeights(unpackWeights(weights, parameterShapes(config)), lora!);
  try {
    await saveModelFolder(target, { source: folder, config: model, weights: merged, dtype: adapterDtype(folder) });
  } catch (error) {
    throw writeFailure(target, error, 'folder');
  }
  print(target);
  return 0;
}
