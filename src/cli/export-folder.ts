import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelConfig } from '../model/config.ts';
import { adapterConfigFile, adapterFiles, readAdapterConfig } from '../model/files/adapter-files.ts';
import { writeJsonFlushed } from '../model/files/flushed-file.ts';
import { isGguf } from '../model/files/gguf.ts';
import { readJsonObject } from '../model/files/json-file.ts';
import type { NamedTensor, WeightDtype } from '../model/files/safetensors-writer.ts';
import { copyCompanions, replaceFolder, saveModelFolder } from '../model/files/save.ts';
import { checkWeights, loadWeights } from '../model/files/weights.ts';
import type { Exported } from './exported.ts';
import { roundingNotes } from './rounding-notes.ts';

/** By their names in files. What is quantized comes out as float32: nothing narrower holds it. */
const DTYPES: Record<string, WeightDtype> = { F16: 'float16', BF16: 'bfloat16' };

/** A Hugging Face folder, the adapter merged into its model, in the number format of the model's own tensors. */
export async function exportMerged(
  model: string,
  config: ModelConfig,
  to: string,
  onProgress: (done: number, of: number) => void,
): Promise<Exported> {
  const stored = checkWeights(model, config, 'original');
  const dtype = (name: string): WeightDtype => DTYPES[stored.get(name)!.dtype] ?? 'float32';
  async function* weights(): AsyncGenerator<NamedTensor> {
    let read = 0;
    for (const [name, { shape, data }] of loadWeights(model, config, 'original')) {
      yield [name, shape, data];
      onProgress(++read, stored.size);
      await nextTurn();
    }
  }
  await saveModelFolder(to, { source: model, config, weights: weights(), dtype });
  return { notes: roundingNotes(model) };
}

/** The adapter as PEFT opens it, with the tokenizer, without what only training needs. It finds its model from everywhere on this machine. */
export async function exportAdapter(checkpoint: string, to: string): Promise<Exported> {
  const { base } = readAdapterConfig(checkpoint)!;
  const file = adapterConfigFile(checkpoint);
  await replaceFolder(to, async (temporary) => {
    copyCompanions(checkpoint, temporary);
    for (const name of adapterFiles(checkpoint)) cpSync(join(checkpoint, name), join(temporary, name));
    writeJsonFlushed(adapterConfigFile(temporary), { ...readJsonObject(file), base_model_name_or_path: base });
  });
  const notes = [`The adapter belongs to the model at ${base}; whoever opens it needs that model too.`];
  if (isGguf(base))
    notes.push(
      'PEFT opens model folders, not .gguf files: put the folder of this model into "base_model_name_or_path".',
    );
  return { notes };
}
