import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGguf, readGgufTensor } from '../../../../src/model/files/gguf.ts';
import { ggufGenerationConfig } from '../../../../src/model/files/gguf-model.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { readSafetensorsHeader, readTensor } from '../../../../src/model/files/safetensors.ts';
import { saveModelFolder } from '../../../../src/model/files/save.ts';
import { loadWeights } from '../../../../src/model/files/weights.ts';
import { loadTokenizer } from '../../../../src/model/tokenizer/tokenizer.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import type { ChatMessage } from '../../../../src/protocol/rewards.ts';
import { temporaryFolder } from '../model-folder.ts';

/** Files that llama.cpp's Python package wrote (test/references/gguf_models.py), and what it and transformers make of them. */
const FOLDER = join(import.meta.dirname, '../../../references/fixtures/gguf');

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

describe('metadata', () => {
  const own = readGguf(join(FOLDER, 'qwen2.gguf')).metadata;

  it('reads 64-bit numbers, rounding none', () => {
    const { metadata } = readGguf(
      ggufFile({
        ids: { type: 10, value: 7 },
        hash: { type: 10, value: 2n ** 64n - 1n },
        below: { type: 11, value: -(2n ** 62n) },
        small: { type: 11, value: -3 },
        list: { type: 9, of: 10, value: [1, 2n ** 63n] },
      }),
    );
    expect(metadata.get('ids')).toBe(7);
    expect(metadata.get('hash')).toBe(2n ** 64n - 1n);
    expect(metadata.get('below')).toBe(-(2n ** 62n));
    expect(metadata.get('small')).toBe(-3);
    expect((metadata.get('list') as () => unknown[])()).toEqual([1, 2n ** 63n]);
  });

  /** The tokenizer of qwen2.gguf, with more metadata, or other. */
  function tokenizerFile(more: Record<string, Value>): string {
    const values = [...own]
      .filter(([name]) => name.startsWith('tokenizer.'))
      .map(([name, value]): [string, Value] => {
        if (typeof value === 'function') {
          const list = value();
          return [name, { type: 9, of: typeof list[0] === 'string' ? 8 : 5, value: list }];
        }
        return [name, { type: typeof value === 'string' ? 8 : typeof value === 'boolean' ? 7 : 4, value }];
      });
    return ggufFile({ ...Object.fromEntries(values), ...more });
  }

  it('adds BOS and EOS where the file says so', () => {
    const bos = { 'tokenizer.ggml.bos_token_id': { type: 10, value: 0 } };
    const ids = (more: Record<string, Value>) => loadTokenizer(tokenizerFile({ ...bos, ...more })).encode('1');
    const [one] = ids({});
    const flag = (name: string, value: boolean) => ({ [`tokenizer.ggml.add_${name}_token`]: { type: 7, value } });
    expect(ids(flag('bos', true))).toEqual([0, one]);
    expect(ids(flag('eos', true))).toEqual([one, 2]);
    expect(ids({ ...flag('bos', true), ...flag('eos', true) })).toEqual([0, one, 2]);
    expect(ids({ ...flag('bos', false), ...flag('eos', false) })).toEqual([one]);
    const none = { ...flag('bos', true), 'tokenizer.ggml.bos_token_id': { type: 4, value: 5000 } };
    expect(() => ids(none)).toThrow('"tokenizer.ggml.add_bos_token" is true, but "tokenizer.ggml.bos_token_id" names');
  });

  it('takes the chat template without a name from among several', () => {
    const render = (more: Record<string, Value>) =>
      loadTokenizer(tokenizerFile(more)).renderChat([{ role: 'user', content: 'x' }]);
    const named = { 'tokenizer.chat_template.tool_use': { type: 8, value: 'TOOLS' } };
    expect(render({ ...named, 'tokenizer.chat_template': { type: 8, value: 'PLAIN' } })).toBe('PLAIN');
    expect(render({ 'tokenizer.chat_template': { type: 8, value: 'PLAIN' }, ...named })).toBe('PLAIN');
  });

  it.each([
    [{ eos: 2 }, [2]],
    [{ eos: 2, eot: 5, eom: 6 }, [2, 5, 6]],
    [{ eos: 2, eot: 2 }, [2]],
    [{ eot: 5 }, [5]],
  ])('ends completions at %j', (ends, expected) => {
    const values = Object.entries(ends).map(([name, value]) => [
      `tokenizer.ggml.${name}_token_id`,
      { type: 10, value },
    ]);
    expect(ggufGenerationConfig(readGguf(ggufFile(Object.fromEntries(values))))).toEqual({ eos_token_id: expected });
  });

  it('refuses one part of several', () => {
    const file = ggufFile({
      'general.architecture': { type: 8, value: 'llama' },
      'split.count': { type: 2, value: 3 },
    });
    expect(() => readModelConfig(file)).toThrow('this is one of 3 parts of a model; join them first');
  });
});

it.each(['qwen2', 'gemma3', 'lfm2', 'qwen35', 'olmo2'])('refuses more layers than there could be: %s', (name) => {
  const file = ggufFile({
    'general.architecture': { type: 8, value: name },
    [`${name}.block_count`]: { type: 4, value: 2 ** 31 },
    [`${name}.attention.sliding_window`]: { type: 4, value: 8 },
  });
  expect(() => readModelConfig(file)).toThrow(`"${name}.block_count" is ${2 ** 31}, but must be at most 1000`);
});

it('refuses attention to later tokens', () => {
  const file = ggufFile({
    'general.architecture': { type: 8, value: 'qwen2' },
    'qwen2.block_count': { type: 4, value: 2 },
    'qwen2.attention.causal': { type: 7, value: 0 },
  });
  expect(() => readModelConfig(file)).toThrow('"qwen2.attention.causal" is false, but only causal attention');
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

  it('values that are not finite', () => {
    const bytes = Buffer.from(original);
    const { start, dtype, shape } = readGguf(join(FOLDER, 'qwen2.gguf')).tensors.find(
      ({ name }) => name === 'token_embd.weight',
    )!;
    expect(dtype).toBe('F16');
    bytes.writeUInt16LE(0x7e00, start + 20);
    bytes.writeUInt16LE(0xfc00, start + 40);
    const file = join(temporaryFolder(), 'model.gguf');
    writeFileSync(file, bytes);
    const found = `has 2 values that are not finite (of ${shape[0]! * shape[1]!})`;
    expectRefused(file, `tensor "model.embed_tokens.weight" ${found}`);
  });

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

interface Value {
  /** The format's number for it; `of`: of a list's elements. */
  type: number;
  of?: number;
  value: unknown;
}

/** A file with this metadata and no tensors. */
function ggufFile(metadata: Record<string, Value>): string {
  const bytes = (size: number, write: (buffer: Buffer) => void) => {
    const buffer = Buffer.alloc(size);
    write(buffer);
    return buffer;
  };
  const number = (value: number) => bytes(4, (buffer) => buffer.writeUInt32LE(value));
  const size = (value: number | bigint) => bytes(8, (buffer) => buffer.writeBigUInt64LE(BigInt(value)));
  const text = (value: string) => Buffer.concat([size(Buffer.byteLength(value)), Buffer.from(value)]);
  const encode = ({ type, of, value }: Value): Buffer => {
    if (type === 2) return bytes(2, (buffer) => buffer.writeUInt16LE(value as number));
    if (type === 4) return number(value as number);
    if (type === 5) return bytes(4, (buffer) => buffer.writeInt32LE(value as number));
    if (type === 7) return Buffer.from([Number(value)]);
    if (type === 8) return text(value as string);
    if (type === 10) return size(value as number | bigint);
    if (type === 11) return bytes(8, (buffer) => buffer.writeBigInt64LE(BigInt(value as number)));
    const items = value as unknown[];
    return Buffer.concat([number(of!), size(items.length), ...items.map((item) => encode({ type: of!, value: item }))]);
  };
  const pairs = Object.entries(metadata).map(([name, value]) =>
    Buffer.concat([text(name), number(value.type), encode(value)]),
  );
  const header = [Buffer.from('GGUF'), number(3), size(0), size(pairs.length)];
  const file = join(temporaryFolder(), 'metadata.gguf');
  writeFileSync(file, Buffer.concat([...header, ...pairs]));
  return file;
}
