import { join } from 'node:path';
import { isGguf, readGguf } from './gguf.ts';
import { ggufConfig, ggufGenerationConfig } from './gguf-model.ts';
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer.ts';
import { readJsonObject } from './json-file.ts';

/** What a GGUF file says, in the files of a Hugging Face folder. */
const FROM_GGUF = {
  'config.json': ggufConfig,
  'generation_config.json': ggufGenerationConfig,
  'tokenizer.json': ggufTokenizer,
  'tokenizer_config.json': ggufTokenizerConfig,
};

export type ModelFile = keyof typeof FROM_GGUF;
export const MODEL_FILES = Object.keys(FROM_GGUF) as ModelFile[];

/** One file of a model, which is a Hugging Face folder or a .gguf file that stands for one; undefined when the folder has none. */
export function readModelFile(model: string, name: ModelFile): Record<string, unknown> | undefined {
  return isGguf(model) ? FROM_GGUF[name](readGguf(model)) : readJsonObject(join(model, name));
}

/** Where that is, for messages. */
export const modelFilePath = (model: string, name: ModelFile): string => (isGguf(model) ? model : join(model, name));
