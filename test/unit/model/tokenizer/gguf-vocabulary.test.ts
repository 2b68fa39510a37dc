import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { ggufVocabulary } from '../../../../src/model/tokenizer/gguf-vocabulary.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { temporaryFolder } from '../model-folder.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const MODELS = join(ROOT, 'test/references/fixtures/models');

// biome-ignore lint/suspicious/noExplicitAny: tokenizer.json, to be changed somewhere
type Json = any;

/** A model whose tokenizer.json is changed. */
function changed(change: (json: Json) => void, model = join(MODELS, 'qwen3')): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(model, folder, { recursive: true });
  const file = join(folder, 'tokenizer.json');
  const json: Json = JSON.parse(readFileSync(file, 'utf8'));
  change(json);
  writeFileSync(file, JSON.stringify(json));
  return folder;
}

const vocabularyOf = (folder: string) => ggufVocabulary(folder, readModelConfig(folder));
const value = (folder: string, name: string) => vocabularyOf(folder).metadata.get(`tokenizer.ggml.${name}`)?.value;

describe("a tokenizer in llama.cpp's words", () => {
  it.each([
    ['llama-sharded', 'smollm'],
    ['llama3-biased', 'smaug-bpe'],
    ['qwen2-f16', 'qwen2'],
  ])('%s cuts words as %s', (model, split) => expect(value(join(MODELS, model), 'pre')).toBe(split));

  it("names Llama 3's words by whether whole words are merged", () => {
    const folder = changed(
      (json) => {
        json.model.ignore_merges = true;
      },
      join(MODELS, 'llama3-biased'),
    );
    expect(value(folder, 'pre')).toBe('llama-bpe');
    expect(value(folder, 'add_bos_token')).toBe(true);
    expect(value(folder, 'bos_token_id')).toBe(0);
  });

  it.each([
    ['phi3', 'gpt-4o', 'no word with a capital letter outside of ASCII'],
    ['ministral3', 'tekken', 'no word with a capital letter outside of ASCII'],
    ['qwen3_5', 'qwen35', 'Unicode NFC'],
  ])('%s cuts words as %s, and it is said where llama.cpp does otherwise', (model, split, note) => {
    const file = join(ROOT, 'test/references/fixtures/gguf-models', model, `${model}.gguf`);
    expect(value(file, 'pre')).toBe(split);
    expect(vocabularyOf(file).notes).toEqual([expect.stringContaining(note)]);
  });

  it('takes words that are kept for words that are cut around', () => {
    const folder = changed((json) => {
      Object.assign(json.pre_tokenizer.pretokenizers[0], { behavior: 'Removed', invert: true });
    });
    expect(value(folder, 'pre')).toBe('qwen2');
  });

  it('has every end of a completion, and says which it has no place for', () => {
    const folder = changed(() => {});
    writeFileSync(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: [0, 2, 10, 11, 12] }));
    const { metadata, otherStops } = vocabularyOf(folder);
    const ids = ['eos', 'eot', 'eom'].map((name) => metadata.get(`tokenizer.ggml.${name}_token_id`)?.value);
    expect(ids).toEqual([2, 0, 10]);
    const tokens = metadata.get('tokenizer.ggml.tokens')?.value as string[];
    expect(otherStops).toEqual([tokens[11], tokens[12]]);
  });

  it('says what llama.cpp takes for the end of a completion where the model has none', () => {
    const folder = changed(() => {});
    rmSync(join(folder, 'generation_config.json'));
    for (const [name, field] of [
      ['config.json', 'eos_token_id'],
      ['tokenizer_config.json', 'eos_token'],
    ] as const) {
      const json = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      writeFileSync(join(folder, name), JSON.stringify({ ...json, [field]: null }));
    }
    expect(vocabularyOf(folder).notes).toContain(
      'The model has no end-of-sequence token, so llama.cpp takes ")" as one.',
    );
  });

  it('has a name for each row of the embedding', () => {
    const folder = changed((json) => {
      json.added_tokens.push({ id: 290, content: '<think>', special: false });
    });
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, vocab_size: 293 }));
    const [tokens, types] = ['tokens', 'token_type'].map((name) => value(folder, name) as unknown[]);
    expect(tokens!.slice(289)).toEqual([expect.any(String), '<think>', '[PAD291]', '[PAD292]']);
    expect(types!.slice(289)).toEqual([1, 4, 5, 5]);
    expect(types!.slice(0, 4)).toEqual([3, 3, 3, 1]);
  });

  const refusals: [what: string, change: (json: Json) => void, message: string][] = [
    [
      'another kind',
      (json) => {
        json.model.type = 'Unigram';
      },
      'it is of the kind "Unigram"',
    ],
    [
      'pieces without bytes',
      (json) => {
        json.model.byte_fallback = true;
      },
      'it has no token <0x00>',
    ],
    [
      'marked ends of words',
      (json) => {
        json.model.end_of_word_suffix = '</w>';
      },
      'it marks the beginnings or ends',
    ],
    [
      'other words',
      (json) => {
        json.pre_tokenizer.pretokenizers[0].pattern.Regex += '|x';
      },
      'how it cuts texts into words is not one of',
    ],
    [
      'no normalizer where there is one',
      (json) => {
        json.normalizer = null;
      },
      'how it cuts texts into words is not one of',
    ],
    [
      'a space in front',
      (json) => {
        json.pre_tokenizer.pretokenizers[1].add_prefix_space = true;
      },
      'how it cuts texts',
    ],
    [
      'merges that are skipped',
      (json) => {
        json.model.ignore_merges = true;
      },
      'how it cuts texts into words is not one of',
    ],
    [
      'tokens that take spaces',
      (json) => {
        json.added_tokens[1].lstrip = true;
      },
      'llama.cpp has no tokens like "<|im_start|>"',
    ],
    [
      'more tokens than rows',
      (json) => {
        json.added_tokens.push({ id: 5000, content: '<x>' });
      },
      'the token "<x>" has the id 5000',
    ],
  ];
  it.each(refusals)('refuses %s', (_, change, message) => {
    const folder = changed(change);
    const use = () => vocabularyOf(folder);
    expect(use).toThrow(BadInput);
    expect(use).toThrow(`the tokenizer cannot be exported as GGUF: ${message}`);
  });

  it('refuses characters beyond ASCII, each of which is several bytes', () => {
    const folder = changed(
      (json) => {
        json.model.vocab = { ...json.model.vocab, é: 19 };
      },
      join(ROOT, 'sample-workspace/models/tiny-sort'),
    );
    expect(() => vocabularyOf(folder)).toThrow('its tokens are whole characters, and "é" is none of ASCII\'s');
  });
});
