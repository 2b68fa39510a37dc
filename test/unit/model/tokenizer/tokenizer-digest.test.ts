import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORD_SPLITS } from '../../../../src/model/files/gguf-words.ts';
import { digestTokenizer } from '../../../../src/model/tokenizer/tokenizer-digest.ts';
import { temporaryFolder, writeJson } from '../model-folder.ts';

const FIXTURES = join(import.meta.dirname, '../../../references/fixtures');
type Json = Record<string, unknown>;

/** A folder's tokenizer of another class, with other fields in its two files. */
function folderOf(source: string, tokenizer_class: string, fields: Json = {}, model: Json = {}): string {
  const folder = temporaryFolder();
  const read = (name: string): Json => JSON.parse(readFileSync(join(FIXTURES, source, name), 'utf8'));
  const json = read('tokenizer.json');
  writeJson(folder, 'tokenizer.json', { ...json, ...fields, model: { ...(json.model as Json), ...model } });
  writeJson(folder, 'tokenizer_config.json', { ...read('tokenizer_config.json'), tokenizer_class });
  return folder;
}

/** As in Qwen's own folders. */
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
const QWEN = {
  normalizer: { type: 'NFC' },
  pre_tokenizer: { type: 'Sequence', pretokenizers: [WORD_SPLITS.qwen2!.pieces[0], byteLevel] },
  post_processor: byteLevel,
  decoder: byteLevel,
};
const QWEN_MODEL = { unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '' };

describe('digestTokenizer', () => {
  it.each([
    ['Qwen2Tokenizer', () => folderOf('models/qwen2-f16', 'Qwen2Tokenizer', QWEN, QWEN_MODEL)],
    ['GemmaTokenizer', () => folderOf('sentencepiece/gemma3', 'GemmaTokenizer')],
  ])('finds that a %s makes of tokenizer.json what that says, in other words', (name, make) => {
    const folder = make();
    expect(digestTokenizer(folder)).toEqual({ file: folder, class: name, sha256: expect.any(String) });
  });

  it.each([
    ['Qwen2Tokenizer', () => folderOf('models/qwen2-f16', 'Qwen2Tokenizer', { ...QWEN, normalizer: null }, QWEN_MODEL)],
    ['LlamaTokenizer', () => folderOf('sentencepiece/llama2', 'LlamaTokenizer')],
  ])('tells the tokenizer of a %s from a tokenizer.json with other rules', (name, make) => {
    const folder = make();
    const { sha256, asItIs, ...others } = digestTokenizer(folder);
    expect(others).toEqual({ file: folder, class: name });
    expect(asItIs).not.toBe(sha256);
    const plain = temporaryFolder();
    cpSync(join(folder, 'tokenizer.json'), join(plain, 'tokenizer.json'));
    const config: Json = JSON.parse(readFileSync(join(folder, 'tokenizer_config.json'), 'utf8'));
    writeJson(plain, 'tokenizer_config.json', { ...config, tokenizer_class: 'PreTrainedTokenizerFast' });
    expect(digestTokenizer(plain)).toEqual({ file: plain, sha256: asItIs });
  });

  it('depends on the rules, the merges and the added tokens', () => {
    const digest = (fields?: Json, model?: Json) =>
      digestTokenizer(folderOf('models/qwen2-f16', 'PreTrainedTokenizerFast', { ...QWEN, ...fields }, model)).sha256;
    const others = [
      digest(),
      digest({ normalizer: null }),
      digest({ decoder: { type: 'Fuse' } }),
      digest({ pre_tokenizer: { ...byteLevel, use_regex: true } }),
      digest({ added_tokens: [{ id: 0, content: 'other', special: true }] }),
      digest({}, { merges: [] }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });
});
