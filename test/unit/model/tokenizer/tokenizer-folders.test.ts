/** Folders whose files say of special tokens what others do not, or contradict one another: test/references/tokenizer_folders.py says what is right. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { loadTokenizer } from '../../../../src/model/tokenizer/tokenizer.ts';
import { temporaryFolder, writeJson } from '../model-folder.ts';

type Fields = Record<string, unknown>;
interface Case {
  changes: {
    config?: Fields;
    drop?: string[];
    special?: Record<string, boolean>;
    added?: Record<string, Fields>;
    files?: Record<string, Fields>;
    generation?: Fields | null;
    model?: Fields;
  };
  eos_token_id: number | null;
  pad_token_id: number | null;
  ids: number[];
  decoded: string;
  decoded_without_special_tokens: string;
  generation_eos: number[];
}

const FIXTURES = join(import.meta.dirname, '../../../references/fixtures');
const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8'));
const { model, text, cases } = readJson<{ model: string; text: string; cases: Record<string, Case> }>(
  FIXTURES,
  'tokenizer-folders.json',
);

function folderOf({
  config = {},
  drop = [],
  special = {},
  added = {},
  files = {},
  ...changes
}: Case['changes']): string {
  const folder = temporaryFolder();
  cpSync(join(FIXTURES, 'models', model), folder, { recursive: true });
  const json = readJson<{ added_tokens: ({ content: string; special: boolean } & Fields)[] }>(folder, 'tokenizer.json');
  for (const token of json.added_tokens) {
    Object.assign(token, added[token.content], { special: special[token.content] ?? token.special });
  }
  writeJson(folder, 'tokenizer.json', json);
  const own = Object.entries(readJson<Fields>(folder, 'tokenizer_config.json'));
  const kept = Object.fromEntries(own.filter(([name]) => !drop.includes(name)));
  writeJson(folder, 'tokenizer_config.json', { ...kept, ...config });
  for (const [name, value] of Object.entries(files)) writeJson(folder, name, value);
  if (changes.generation !== undefined) rmSync(join(folder, 'generation_config.json'));
  if (changes.generation) writeJson(folder, 'generation_config.json', changes.generation);
  writeJson(folder, 'config.json', { ...readJson<Fields>(folder, 'config.json'), ...changes.model });
  return folder;
}

describe.each(Object.entries(cases))('%s', (_, { changes, ...expected }) => {
  it('is what transformers makes of it', () => {
    const folder = folderOf(changes);
    const { eosTokenId, padTokenId, encode, decode } = loadTokenizer(folder);
    const ids = encode(text);
    expect({
      eos_token_id: eosTokenId ?? null,
      pad_token_id: padTokenId ?? null,
      ids,
      decoded: decode(ids),
      decoded_without_special_tokens: decode(ids, { skipSpecialTokens: true }),
      generation_eos: readModelConfig(folder).eosTokenIds,
    }).toEqual(expected);
  });
});
