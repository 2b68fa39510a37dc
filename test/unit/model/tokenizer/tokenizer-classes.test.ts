/** Folders that name a tokenizer class, or none: test/references/tokenizer_classes.py says what transformers makes of them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { autoClass, tokenizerClass } from '../../../../src/model/files/tokenizer-class.ts';
import { namedTokens } from '../../../../src/model/tokenizer/added-tokens.ts';
import { loadTokenizer } from '../../../../src/model/tokenizer/tokenizer.ts';
import { readTokenizerConfig, readTokenizerFiles } from '../../../../src/model/tokenizer/tokenizer-files.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { temporaryFolder, writeJson } from '../model-folder.ts';

type Fields = Record<string, unknown>;
interface Case {
  changes: {
    base: string;
    model_type: string | null;
    of_model?: Fields;
    config: Fields;
    drop: string[];
    tokenizer?: Fields;
    model?: Fields;
    vocabulary?: string[];
    added?: (string | Fields)[];
    files?: Record<string, Fields>;
  };
  /** The name of the class, unless transformers refuses the folder. */
  name?: string;
  bos: string | null;
  eos: string | null;
  pad: string | null;
  unk: string | null;
  added: string;
  texts?: string;
  same_texts?: string;
}

const FIXTURES = join(import.meta.dirname, '../../../references/fixtures');
const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8'));
const { texts, cases, classes, registered } = readJson<{
  texts: string[];
  cases: Record<string, Case>;
  classes: string[];
  registered: Record<string, [string | null, boolean]>;
}>(FIXTURES, 'tokenizer-classes.json');

interface TokenizerJson {
  model: { vocab: Record<string, number> };
  added_tokens: ({ id: number } & Fields)[];
}

/** Adds tokens without merges, and tokens that are found in normalized text, as the script does. */
function addTokens(
  { model: { vocab }, added_tokens }: TokenizerJson,
  { vocabulary = [], added = [] }: Case['changes'],
) {
  let free = 1 + Math.max(...Object.values(vocab), ...added_tokens.map(({ id }) => id));
  for (const content of vocabulary) vocab[content] = free++;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
  for (const fields of added)
    added_tokens.push({ id: free++, ...flags, ...(typeof fields === 'string' ? { content: fields } : fields) });
}

function folderOf(changes: Case['changes']): string {
  const { base, model_type, of_model, config, drop, tokenizer, model, files = {} } = changes;
  const folder = temporaryFolder();
  const json = readJson<TokenizerJson>(FIXTURES, base, 'tokenizer.json');
  addTokens(json, changes);
  writeJson(folder, 'tokenizer.json', { ...json, ...tokenizer, model: { ...json.model, ...model } });
  const own = Object.entries(readJson<Fields>(FIXTURES, base, 'tokenizer_config.json'));
  const kept = Object.fromEntries(own.filter(([name]) => !drop.includes(name)));
  writeJson(folder, 'tokenizer_config.json', { ...kept, ...config });
  if (model_type !== null) writeJson(folder, 'config.json', { model_type, ...of_model });
  for (const [name, value] of Object.entries(files)) writeJson(folder, name, value);
  return folder;
}

const digest = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 4);

const REFUSED = ['CodeLlamaTokenizer', 'CohereTokenizer', undefined];

describe.each(Object.entries(cases))('%s', (_, { changes, ...expected }) => {
  if (REFUSED.includes(expected.name)) {
    it('is refused', () => {
      const folder = folderOf(changes);
      expect(() => loadTokenizer(folder)).toThrow(BadInput);
      expect(() => loadTokenizer(folder)).toThrow(
        expected.name ? `transformers makes a ${expected.name} of this folder` : '"auto_map"',
      );
    });
    return;
  }

  it('is the tokenizer that transformers makes of it', () => {
    const folder = folderOf(changes);
    const { json, config } = readTokenizerFiles(folder);
    expect(tokenizerClass(folder, () => json, config)).toBe(expected.name);
    const names = ['bos', 'eos', 'pad', 'unk'].map((name) => namedTokens(config)[`${name}_token`] ?? null);
    expect(names).toEqual([expected.bos, expected.eos, expected.pad, expected.unk]);
    expect(namedTokens(readTokenizerConfig(folder)).bos_token ?? null).toBe(expected.bos);
    const { encode, decode } = loadTokenizer(folder);
    const known = expected.texts ?? cases[expected.same_texts!]!.texts!;
    const found = texts.map((text) => {
      const ids = encode(text);
      const plain = decode(ids, { skipSpecialTokens: true });
      return { text, ids, digest: digest(ids, encode(text, { addSpecialTokens: false }), decode(ids), plain) };
    });
    const differ = found.filter(({ digest }, index) => digest !== known.slice(4 * index, 4 * index + 4));
    expect(differ).toEqual([]);
    expect(known.length).toBe(4 * texts.length);
    const added = json.added_tokens as { id: number; content: string; special: boolean }[];
    const sorted = added.map(({ id, content, special }) => [id, content, special]).sort(([a], [b]) => +a! - +b!);
    expect(digest(...sorted), JSON.stringify(sorted)).toBe(expected.added);
  });
});

// No text is encoded as these.
it('writes tokens of the vocabulary that are no bytes as transformers does', () => {
  const { decode } = loadTokenizer(folderOf(cases["tokens beyond the bytes' letters"]!.changes));
  expect(decode([67, 290, 67])).toBe('a\u0e01a');
  expect(decode([290, 291, 292])).toBe('\u0e01Ch\u0930caf\uFFFD');
});

it('knows the classes that transformers has', () => {
  const none = { namedByModel: undefined, hasOwnCode: false, isByteLevel: () => false };
  const asItIs = classes.filter((named) => autoClass({ ...none, modelType: 'llama', named }) === 'TokenizersBackend');
  expect(asItIs).toEqual([]);
});

it('knows the classes that transformers has for models', () => {
  const none = { namedByModel: undefined, hasOwnCode: false, isByteLevel: () => false };
  for (const [modelType, [name, isDistrusted]] of Object.entries(registered)) {
    expect(autoClass({ ...none, modelType, named: undefined }), modelType).toBe(name ?? 'TokenizersBackend');
    const stated = autoClass({ ...none, modelType, named: 'T5Tokenizer' });
    const trusted = name === 'TokenizersBackend' ? name : 'T5Tokenizer';
    expect(stated, modelType).toBe(isDistrusted ? name : trusted);
  }
});

it.each([
  ['split_special_tokens', {}, 'special tokens in texts would be taken for text'],
  ['clean_up_tokenization_spaces', { type: 'WordLevel', unk_token: '<unk>' }, 'spaces before punctuation would be'],
])('refuses %s, which would make other tokens or texts', (option, model, why) => {
  const { base, drop } = cases['Llama 2 as it is']!.changes;
  const folder = folderOf({ base, drop, model, model_type: 'llama', config: { [option]: true } });
  expect(() => loadTokenizer(folder)).toThrow(BadInput);
  expect(() => loadTokenizer(folder)).toThrow(`"${option}" is not supported: ${why}`);
});

it.each([
  ['llama', 'LlamaTokenizer', 'set "tokenizer_class" in tokenizer_config.json to "PreTrainedTokenizerFast"'],
  ['qwen2', 'Qwen2Tokenizer', 'use a BPE tokenizer, or another "model_type" in config.json'],
])('refuses a class of BPEs for a %s with another model', (model_type, tokenizer_class, remedy) => {
  const { base, drop } = cases['Llama 2']!.changes;
  const folder = folderOf({ base, drop, model: { type: 'Unigram' }, model_type, config: { tokenizer_class } });
  expect(() => loadTokenizer(folder)).toThrow(BadInput);
  expect(() => loadTokenizer(folder)).toThrow(
    `transformers makes a ${tokenizer_class} of this tokenizer, which is a BPE`,
  );
  expect(() => loadTokenizer(folder)).toThrow(remedy);
});

it.each([
  ['GPT2Tokenizer', { add_prefix_space: null }, 'true or false as "add_prefix_space", not null;'],
  ['GPTNeoXTokenizer', { add_prefix_space: null }, 'true or false as "add_prefix_space", not null;'],
  ['Qwen2Tokenizer', { add_prefix_space: 1 }, 'true or false as "add_prefix_space", not 1;'],
  ['GemmaTokenizer', {}, 'neither bytes nor the unknown token "<unk>", which a GemmaTokenizer needs;'],
])('refuses what a %s fails at', (tokenizer_class, fields, message) => {
  const { base, drop } = cases.SmolLM2!.changes;
  const folder = folderOf({ base, drop, model_type: 'llama', config: { tokenizer_class, ...fields } });
  expect(() => loadTokenizer(folder)).toThrow(BadInput);
  expect(() => loadTokenizer(folder)).toThrow(message);
});
