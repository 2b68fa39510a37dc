import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { saveModelFolder } from '../../../src/model/files/save.ts';
import { loadWeights } from '../../../src/model/files/weights.ts';
import { parameterShapes } from '../../../src/model/parameters.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import type { ChatMessage } from '../../../src/protocol/rewards.ts';
import { temporaryFolder } from './model-folder.ts';

/** What transformers makes of the folders that it wrote itself (test/references/make_models.py). */
interface Expected {
  eos_token_ids: number[];
  logprobs: { prompt: string; prompt_ids: number[] }[];
  chat: { messages: ChatMessage[]; text: string; ids: number[] };
  tokenizer: {
    text: string;
    ids: number[];
    ids_with_special_tokens: number[];
    decoded: string;
    decoded_without_special_tokens: string;
  }[];
}

const MODELS = join(import.meta.dirname, '../../references/fixtures/models');
const NAMES = ['llama-sharded', 'llama3-biased', 'llama-head-dim-bf16', 'qwen2-f16', 'qwen3'];

it('covers every reference model', () => expect(readdirSync(MODELS).sort()).toEqual([...NAMES].sort()));

describe.each(NAMES)('%s', (name) => {
  const folder = join(MODELS, name);
  const expected: Expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));

  it('has the tensors that its config describes', () => {
    const config = readModelConfig(folder);
    expect(config.eosTokenIds.toSorted()).toEqual(expected.eos_token_ids.toSorted());
    const shapes = new Map([...loadWeights(folder, config)].map(([tensor, { shape }]) => [tensor, shape]));
    expect(shapes).toEqual(parameterShapes(config));
  });

  it.each(expected.tokenizer)('tokenizes $text', (row) => {
    const { encode, decode } = loadTokenizer(folder);
    expect(encode(row.text, { addSpecialTokens: false })).toEqual(row.ids);
    expect(encode(row.text)).toEqual(row.ids_with_special_tokens);
    expect(decode(row.ids)).toBe(row.decoded);
    expect(decode(row.ids, { skipSpecialTokens: true })).toBe(row.decoded_without_special_tokens);
  });

  it('prepares prompts as TRL does', () => {
    const { encodePrompt } = loadTokenizer(folder);
    const { messages, text, ids } = expected.chat;
    expect(encodePrompt(messages)).toEqual({ text, ids });
    for (const row of expected.logprobs) expect(encodePrompt(row.prompt).ids).toEqual(row.prompt_ids);
  });

  it('is the same model after saving', async () => {
    const config = readModelConfig(folder);
    const loaded = new Map(loadWeights(folder, config));
    const saved = join(temporaryFolder(), 'saved');
    const weights = [...loaded].map(([tensor, { shape, data }]) => [tensor, shape, data] as const);
    await saveModelFolder(saved, { source: folder, config, weights, dtype: 'float32' });
    expect(readModelConfig(saved)).toEqual(config);
    expect(new Map(loadWeights(saved, config))).toEqual(loaded);
    expect(loadTokenizer(saved).encodePrompt(expected.chat.messages).ids).toEqual(expected.chat.ids);
  });
});
