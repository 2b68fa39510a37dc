import { statSync } from 'node:fs';
import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import { type Architecture, checked } from '../architectures/architecture.ts';
import { notSupported } from '../architectures/not-supported.ts';
import { ARCHITECTURES } from '../architectures/table.ts';
import type { ModelConfig } from '../config.ts';
import { changesVocabulary, loraProblem } from '../lora-targets.ts';
import { adapterConfigFile, readAdapterConfig } from './adapter-files.ts';
import { isGguf } from './gguf.ts';
import { modelFilePath, readModelFile } from './model-files.ts';
import { runInstead } from './run-instead.ts';

// Some old configs say -1 for "no such token".
const tokenId = z.int('must be a token id').min(-1, 'must be a token id').nullish();
const tokenIds = z.union([tokenId, z.array(z.int().nonnegative())], 'must be a token id or a list of them');
const tokensSchema = z.object({ eos_token_id: tokenIds, bos_token_id: tokenId, pad_token_id: tokenId });
const generationSchema = z.object({ eos_token_id: tokenIds });

/**
 * Reads and checks `config.json` (and the stop tokens of `generation_config.json`) of a Hugging Face folder or a .gguf file. With the folder
 * of a LoRA adapter they are those of its model with the adapter merged into it.
 */
export function readModelConfig(model: string): ModelConfig {
  const config = readOwnConfig(model);
  const adapter = readAdapterConfig(model);
  if (!adapter) return config;
  const adapted = { ...config, lora: adapter.lora };
  const problem = loraProblem(adapted);
  if (problem) {
    const field = problem.field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    throw new BadInput(`"${field}" ${problem.message}`, { file: adapterConfigFile(model) });
  }
  return { ...config, tieEmbeddings: config.tieEmbeddings && !changesVocabulary(adapted) };
}

function readOwnConfig(model: string): ModelConfig {
  const found = statSync(model, { throwIfNoEntry: false });
  if (isGguf(model) ? !found?.isFile() : !found?.isDirectory()) {
    const message = 'there is no such model folder; give the path of a Hugging Face model folder or of a .gguf file';
    throw new BadInput(message, { file: model, isFolder: true });
  }
  const file = modelFilePath(model, 'config.json');
  const json = readModelFile(model, 'config.json');
  if (!json) {
    const message = 'this folder has no config.json; give the path of a complete Hugging Face model folder';
    throw new BadInput(runInstead(model) ?? message, { file: model, isFolder: true });
  }
  const description = architectureOf(json, file).describe(json, file);
  const tokens = checked(tokensSchema, json, file);
  return {
    ...description,
    eosTokenIds: eosTokenIdsOf(model, tokens.eos_token_id, description.vocabSize),
    bosTokenId: oneTokenId(tokens.bos_token_id),
    padTokenId: oneTokenId(tokens.pad_token_id),
  };
}

/** The architecture of a model's folder or .gguf file. Throws BadInput for one that is not supported. */
export function readArchitecture(model: string): Architecture {
  return architectureOf(readModelFile(model, 'config.json') ?? {}, modelFilePath(model, 'config.json'));
}

function architectureOf(json: Record<string, unknown>, file: string): Architecture {
  const className = Array.isArray(json.architectures) ? json.architectures[0] : undefined;
  const found = ARCHITECTURES.find((one) =>
    className === undefined ? json.model_type === one.modelType : className === one.className,
  );
  if (!found) {
    const name = String(className ?? json.model_type ?? 'not named in the file');
    const classes = ARCHITECTURES.map((one) => one.className);
    throw new BadInput(notSupported(name, classes), { file });
  }
  if (json.model_type !== undefined && json.model_type !== found.modelType) {
    const message = `"model_type" is "${json.model_type}", which contradicts "architectures" (${found.className})`;
    throw new BadInput(message, { file });
  }
  return found;
}

/** Those of generation_config.json, where there is one, else those of config.json: transformers stops at them, and TRL as well. */
function eosTokenIdsOf(model: string, ownIds: z.infer<typeof tokenIds>, vocabSize: number): number[] {
  const name = 'generation_config.json';
  const json = readModelFile(model, name);
  const said = json ? checked(generationSchema, json, modelFilePath(model, name)).eos_token_id : ownIds;
  const ids = [said].flat().filter((id) => typeof id === 'number' && id >= 0);
  const unique = [...new Set(ids as number[])];
  const outside = unique.find((id) => id >= vocabSize);
  if (outside !== undefined) {
    const message = `the end-of-sequence token ${outside} is outside the vocabulary (${vocabSize} tokens)`;
    throw new BadInput(message, { file: modelFilePath(model, 'config.json') });
  }
  return unique;
}

function oneTokenId(id: number | null | undefined): number | undefined {
  return typeof id === 'number' && id >= 0 ? id : undefined;
}
