import { dirname, join } from 'node:path';
import { BadInput } from '../../protocol/errors.ts';
import { isGguf } from '../files/gguf.ts';
import { readJsonObject } from '../files/json-file.ts';
import { modelFilePath, readModelFile } from '../files/model-files.ts';
import { AS_IT_IS, type TokenizerClass, tokenizerClass } from '../files/tokenizer-class.ts';
import { type LegacyFiles, listedTokens, mergedConfig, withAddedTokens } from './added-tokens.ts';
import { rebuilt, withClassFlags, withClassNames } from './rebuilt-tokenizer.ts';
import { withOptions } from './tokenizer-options.ts';

/** What a model's files make of its tokenizer in transformers, in the form of these files. */
export interface TokenizerFiles {
  name: TokenizerClass;
  /** tokenizer.json, or what the tokenizer's class makes of it, with every added token in it. */
  json: Record<string, unknown>;
  /** tokenizer_config.json with what old files say, and the names that the class gives to special tokens. */
  config: Record<string, unknown>;
  /** Where the first is, for messages. */
  file: string;
}

/** `as`: a class to use in place of the one that transformers takes. */
export function readTokenizerFiles(model: string, as?: TokenizerClass): TokenizerFiles {
  const file = modelFilePath(model, 'tokenizer.json');
  const json = readModelFile(model, 'tokenizer.json');
  if (!json) {
    throw new BadInput('this folder has no tokenizer.json; save the tokenizer again with transformers', {
      file: model,
      isFolder: true,
    });
  }
  const own = readModelFile(model, 'tokenizer_config.json');
  if (!own) {
    const message =
      'this folder has no tokenizer_config.json, which says what its special tokens are; download it again, or save the tokenizer again with transformers';
    throw new BadInput(message, { file: model, isFolder: true });
  }
  const legacy = legacyFiles(model);
  const name = as ?? tokenizerClass(model, () => json, own);
  if (name === AS_IT_IS) {
    const config = withOptions(model, json, mergedConfig(own, legacy));
    return { name, json: withAddedTokens(json, config, legacy), config, file };
  }
  const config = withOptions(model, json, withClassNames(mergedConfig(own, legacy), name));
  const empty = { ...rebuilt(json, config, name, model), added_tokens: [] };
  // Such a class adds the tokens that are listed, in the order of their ids there, at the ids that are free.
  const listed = { ...config, added_tokens_decoder: listedTokens(json, config, legacy) };
  return { name, json: withClassFlags(withAddedTokens(empty, listed, {}), config, name), config, file };
}

/** tokenizer_config.json as above; empty where there is none. */
export function readTokenizerConfig(model: string): Record<string, unknown> {
  const own = readModelFile(model, 'tokenizer_config.json') ?? {};
  const config = mergedConfig(own, legacyFiles(model));
  const name = tokenizerClass(model, () => readModelFile(model, 'tokenizer.json'), own);
  return name === AS_IT_IS ? config : withClassNames(config, name);
}

/** Beside tokenizer.json, where a folder has them. */
function legacyFiles(model: string): LegacyFiles {
  const file = modelFilePath(model, 'tokenizer.json');
  if (isGguf(file)) return {};
  const read = (name: string) => readJsonObject(join(dirname(file), name));
  return { specialTokensMap: read('special_tokens_map.json'), addedTokens: read('added_tokens.json') };
}
