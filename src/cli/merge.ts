import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isAdapterFolder } from '../files/adapter-folder.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { runInstead } from '../model/files/run-instead.ts';
import type { NamedTensor, WeightDtype } from '../model/files/safetensors-writer.ts';
import { saveModelFolder } from '../model/files/save.ts';
import { checkWeights, loadWeights } from '../model/files/weights.ts';
import { BadInput } from '../protocol/errors.ts';
import { checkPlace, writeFailure } from '../run-folder/atomic-write.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { Progress } from './progress.ts';

/** By their names in files. What is quantized comes out as float32: nothing narrower holds it. */
const DTYPES: Record<string, WeightDtype> = { F16: 'float16', BF16: 'bfloat16' };

/** `grpo merge`: a checkpoint's adapter worked into its model, as a Hugging Face folder in the number format of the model's own tensors. */
export async function mergeCommand({ checkpoint, out, json }: CommandOf<'merge'>): Promise<number> {
  const folder = resolve(checkpoint);
  if (!isAdapterFolder(folder)) {
    const message = 'there is no LoRA adapter here (no adapter_config.json), so there is nothing to merge';
    throw new BadInput(runInstead(folder) ?? message, { file: folder, isFolder: true });
  }
  const target = out === undefined ? `${folder}-merged` : resolve(out);
  if (existsSync(target)) throw new BadInput('this already exists; choose another folder with --out', { file: target });
  checkPlace(target, 'folder');
  const config = readModelConfig(folder);
  const stored = checkWeights(folder, config);
  const dtype = (name: string): WeightDtype => DTYPES[stored.get(name)!.dtype] ?? 'float32';

  const progress = new Progress(process.stderr);
  function* weights(): Generator<NamedTensor> {
    let read = 0;
    for (const [name, { shape, data }] of loadWeights(folder, config)) {
      yield [name, shape, data];
      progress.show({ type: 'phase', step: 0, phase: 'load', share: ++read / stored.size });
    }
  }
  try {
    await saveModelFolder(target, { source: folder, config, weights: weights(), dtype });
  } catch (error) {
    throw writeFailure(target, error, 'folder');
  }
  if (json) printJson({ model: target });
  else print(target);
  return 0;
}
