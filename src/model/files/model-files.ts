import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isAdapterFolder } from '../../files/adapter-folder.ts';
import { readAdapterConfig } from './adapter-files.ts';
import { isGguf, readGguf } from './gguf.ts';
import { ggufConfig, ggufGenerationConfig } from './gguf-model.ts';
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer.ts';
import { readJsonObject } from './json-file.ts';
import { textConfig } from './text-part.ts';

/** What a GGUF file says, in the files of a Hugging Face folder. */
const FROM_GGUF = {
  'config.json': ggufConfig,
  'generation_config.json': ggufGenerationConfig,
  'tokenizer.json': ggufTokenizer,
  'tokenizer_config.json': ggufTokenizerConfig,
};

export type ModelFile = keyof typeof FROM_GGUF;
export const MODEL_FILES = Object.keys(FROM_GGUF) as ModelFile[];

/**
 * One file of a model: a Hugging Face folder, a .gguf file in place of one, or an adapter's folder, whose missing files are those of its
 * model. Undefined when there is none. Of a multimodal model, `config.json` is that of its language model.
 */
export function readModelFile(model: string, name: ModelFile): Record<string, unknown> | undefined {
  const home = homeOf(model, name);
  if (isGguf(home)) return FROM_GGUF[name](readGguf(home));
  const json = readJsonObject(join(home, name));
  return json && name === 'config.json' ? textConfig(json) : json;
}

/** Where that is, for messages. */
export function modelFilePath(model: string, name: ModelFile): string {
  const home = homeOf(model, name);
  return isGguf(home) ? home : join(home, name);
}

/** What PEFT takes from the model that an adapter belongs to, whatever files are in the adapter's folder. */
const OF_THE_MODEL = ['config.json', 'generation_config.json'];

/** The folder or .gguf file that has what `model` calls `name`. */
export function homeOf(model: string, name: string): string {
  if (isGguf(model)) return model;
  if (existsSync(join(model, name)) && !(OF_THE_MODEL.includes(name) && isAdapterFolder(model))) return model;
  return readAdapterConfig(model)?.base ?? model;
}
