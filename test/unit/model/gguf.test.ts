import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from '../../../src/model/config.ts';
import { readGguf, readGgufTensor } from '../../../src/model/gguf.ts';
import { readSafetensorsHeader, readTensor } from '../../../src/model/safetensors.ts';
import { saveModelFolder } from '../../../src/model/save.ts';
import { loadTokenizer } from '../../../src/model/tokenizer.ts';
import { loadWeights } from '../../../src/model/weights.ts';
import { BadInput } from '../../../src/protocol/errors.ts';
import type { ChatMessage } from '../../../src/protocol/rewards.ts';
import { temporaryFolder } from './model-folder.ts';

/** Files that llama.cpp's Python package wrote (test/references/gguf_models.py), and what it and transformers make of them. */
const FOLDER = join(import.meta.dirname, '../../references/fixtures/gguf');

interface Expected {
  eos_token_ids: number[];
  chat: { messages: ChatMessage[]; text: string; ids: number[] };
  tokenizer: { text: string; ids: number[]; ids_with_special_tokens: number[]; decoded: string }[];
}

describe('every block format is dequantized as the gguf package does it', () => {
  const { tensors } = readGguf(join(FOLDER, 'blocks.gguf'));
  const expected = new Map(
    readSafetensorsHeader(join(FOLDER, 'blocks.safetensors')).map((entry) => [entry.name, readTensor(entry)]),
  );
  it('covers all', () => expect(tensors.map(({ name }) => name).sort()).toEqual([...expected.keys()].sort()));
  it.each(tensors)('$dtype', (tensor) => {
    // numpy has a -0 where we have a 0.
    const unsigned = (values: Float32Array) => values.map((value) => value + 0);
    expect(unsigned(readGgufTensor(tensor))).toEqual(unsigned(expected.get(tensor.name)!));
  });
});

describe.each(['llama', 'llama3', 'qwen2'])('%s.gguf', (name) => {
  const file = join(FOLDER, `${name}.gguf`);
  const expected: Expected = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));

  it.each(expected.tokenizer)('tokenizes $text as the tokenizer that it was made of', (row) => {
    const { encode, decode } = loadTokenizer(file);
    expect(encode(row.text, { addSpecialTokens: false })).toEqual(row.ids);
    expect(encode(row.text)).toEqual(row.ids_with_special_tokens);
    expect(decode(row.ids)).toBe(row.decoded);
  });

  it('renders chats', () => {
    const { messages, text, ids } = expected.chat;
    expect(loadTokenizer(file).encodePrompt(messages)).toEqual({ text, ids });
  });

  it('is the same model as a saved folder', async () => {
    const config = readModelConfig(file);
    expect(config.eosTokenIds).toEqual(expected.eos_token_ids);
    const loaded = new Map(loadWeights(file, config));
    const saved = join(temporaryFolder(), 'saved');
    const weights = [...loaded].map(([tensor, { shape, data }]) => [tensor, shape, data] as const);
    await saveModelFolder(saved, { source: file, config, weights, dtype: 'float32' });
    expect(readModelConfig(saved)).toEqual(config);
    expect(new Map(loadWeights(saved, config))).toEqual(loaded);
    const tokenizer = loadTokenizer(saved);
    expect(tokenizer.encodePrompt(expected.chat.messages).ids).toEqual(expected.chat.ids);
    for (const row of expected.tokenizer) expect(tokenizer.encode(row.text)).toEqual(row.ids_with_special_tokens);
  });
});

describe('refusing a GGUF file', () => {
  const original = readFileSync(join(FOLDER, 'qwen2.gguf'));
  /** The file with every `from` in it replaced by a text of the same length. */
  const edited = (from: string, to: string): string => {
    const file = join(temporaryFolder(), 'model.gguf');
    writeFileSync(file, Buffer.from(original.toString('latin1').replaceAll(from, to), 'latin1'));
    return file;
  };
  const load = (file: string) => {
    const config = readModelConfig(file);
    loadTokenizer(file);
    return new Map(loadWeights(file, config));
  };
  const expectRefused = (file: string, message: string) => {
    expect(() => load(file)).toThrow(BadInput);
    expect(() => load(file)).toThrow(`${file}: ${message}`);
  };

  it.each([
    ['not a GGUF file', 'GGUF', 'GGML', 'this is not a GGUF file'],
    ['an old version', 'GGUF\x03', 'GGUF\x01', 'the file is of GGUF version 1, but only 2 and 3 are supported'],
    ['an unknown architecture', 'qwen2', 'mamba', `the model's architecture is "mamba", but only`],
    ['a missing number', 'block_count', 'block_kount', 'the metadata has no number "qwen2.block_count"'],
    ['another kind of tokenizer', 'gpt2', 'bert', 'the tokenizer is of the kind "bert"'],
    [
      'an unknown split',
      'ggml.pre\x08\0\0\0\x05\0\0\0\0\0\0\0qwen2',
      'ggml.pre\x08\0\0\0\x05\0\0\0\0\0\0\0qwenX',
      'the tokenizer splits words as "qwenX"',
    ],
    ['a missing tensor', 'output_norm', 'output_morn', 'tensor "model.norm.weight" is missing from the weights'],
    ['a wrong layer', 'blk.1.ffn_up', 'blk.7.ffn_up', 'tensor "model.layers.1.mlp.up_proj.weight" is missing'],
  ])('%s', (_, from, to, message) => expectRefused(edited(from, to), message));

  it('a type that is not supported', () => {
    // Name, two axes, sizes, type: the embedding is F16, and 10 is Q2_K.
    const at = original.indexOf('token_embd.weight') + 'token_embd.weight'.length + 4 + 16;
    expect(original.readUInt32LE(at)).toBe(1);
    const file = join(temporaryFolder(), 'model.gguf');
    const bytes = Buffer.from(original);
    bytes.writeUInt32LE(10, at);
    writeFileSync(file, bytes);
    expectRefused(file, 'tensor "token_embd.weight" is stored as Q2_K, but only F32, F16');
  });

  it.each([4, 60, 5000, 30_000])('one that ends after %d bytes', (bytes) => {
    const file = edited('', '');
    truncateSync(file, bytes);
    expectRefused(file, 'this is not a complete GGUF file');
  });

  it('one that is not there', () => expectRefused(join(temporaryFolder(), 'no.gguf'), 'there is no such model'));
});
