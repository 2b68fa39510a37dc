import { basename, dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeFolders } from '../files/make-folders.ts';
import type { ModelConfig } from '../model/config.ts';
import { type GgufType, ggufLayout } from '../model/files/gguf-layout.ts';
import { writeGguf } from '../model/files/gguf-writer.ts';
import { ggufVocabulary } from '../model/tokenizer/gguf-vocabulary.ts';
import { modelfile } from '../model/tokenizer/ollama.ts';
import type { Exported } from './exported.ts';
import { roundingNotes } from './rounding-notes.ts';

/** A file for llama.cpp and what is built on it, the adapter merged into its model. */
export async function exportGguf(
  source: {
    model: string;
    config: ModelConfig;
    /** The model's name in the file. */
    name: string;
    type: GgufType;
    onProgress: (done: number, of: number) => void;
  },
  to: string,
): Promise<Exported> {
  const { model, config, name, type, onProgress } = source;
  const layout = ggufLayout(model, config, name, type);
  const vocabulary = ggufVocabulary(model, config);
  async function* tensors() {
    let written = 0;
    for (const tensor of layout.tensors()) {
      yield tensor;
      onProgress(++written, layout.plan.size);
      await nextTurn();
    }
  }
  makeFolders(dirname(to));
  await writeGguf(to, new Map([...layout.metadata, ...vocabulary.metadata]), layout.plan, tensors());
  const template = modelfile(model, `./${basename(to)}`, vocabulary);
  return { notes: [...roundingNotes(model), ...vocabulary.notes, ...template.notes], modelfile: template.text };
}
