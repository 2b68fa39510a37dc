/** Tokenizers of SentencePiece's kind, trained and tried on texts by test/references/sentencepiece_models.py. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { exportGguf } from '../../../../src/cli/export-gguf.ts';
import { writeGguf } from '../../../../src/model/files/gguf-writer.ts';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { ggufVocabulary } from '../../../../src/model/tokenizer/gguf-vocabulary.ts';
import { tokenEnds } from '../../../../src/model/tokenizer/token-ends.ts';
import { loadTokenizer } from '../../../../src/model/tokenizer/tokenizer.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { modelFolder, temporaryFolder } from '../model-folder.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const FIXTURES = join(ROOT, 'test/references/fixtures');
const fixture = (name: string) => join(FIXTURES, 'sentencepiece', name);
const LLAMA_CPP = join(ROOT, 'test/llama-cpp');
const hasLlamaCpp = existsSync(join(LLAMA_CPP, 'node_modules/node-llama-cpp'));

/** A text, its ids without BOS, what they are decoded to, and what without special tokens. Ids in no order of a text have none. */
type Row = [text: string | null, ids: number[], decoded: string, plain: string];
const rowsOf = (name: string): Row[] => JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')).texts;
const textsOf = (name: string): string[] => rowsOf(name).flatMap(([text]) => (text === null ? [] : [text]));

describe.each(['llama2', 'mistral', 'phi3', 'gemma3', 'gemma4'])('%s', (name) => {
  it.each([name, `${name}.gguf`])('%s makes of texts what transformers does, and texts of tokens', (file) => {
    const tokenizer = loadTokenizer(fixture(file));
    for (const [text, ids, decoded, plain] of rowsOf(name)) {
      if (text !== null) expect(tokenizer.encode(text, { addSpecialTokens: false }), JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.decode(ids), JSON.stringify(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true }), JSON.stringify(ids)).toBe(plain);
    }
    const adds = tokenizer.encode('a').length - tokenizer.encode('a', { addSpecialTokens: false }).length;
    expect(adds).toBe(name === 'gemma4' ? 0 : 1);
  });

  it('says what each token of a completion writes', () => {
    const tokenizer = loadTokenizer(fixture(`${name}.gguf`));
    for (const [text, ids, , plain] of rowsOf(name)) {
      if (text === null) continue;
      const ends = tokenEnds(ids, plain, tokenizer);
      expect(ends.length).toBe(ids.length);
      expect(ends.at(-1) ?? 0).toBe(plain.length);
      ends.forEach((end, token) => {
        const before = tokenizer.decode(ids.slice(0, token + 1), { skipSpecialTokens: true });
        // The rest of an unfinished character has not been written.
        if (!before.endsWith('\uFFFD')) expect(end, `${JSON.stringify(text)}, token ${token}`).toBe(before.length);
      });
    }
  });
});

// biome-ignore lint/suspicious/noExplicitAny: a JSON file, to be changed somewhere
type Json = any;
const readJson = (file: string): Json => JSON.parse(readFileSync(file, 'utf8'));

const LLAMA = { hidden_size: 32, intermediate_size: 32, num_attention_heads: 4, num_key_value_heads: 2 };
const configOf = (name: string): Json => readJson(join(FIXTURES, 'gguf-models', name, 'config.json'));
const MODELS: [name: string, tokenizer: string, config: Json][] = [
  ['Llama 2', 'llama2', LLAMA],
  ['Phi-3', 'phi3', configOf('phi3')],
  ['Gemma 2', 'gemma3', configOf('gemma2')],
  ['Gemma 3', 'gemma3', configOf('gemma3')],
  ['Gemma 4', 'gemma4', configOf('gemma4')],
  ['Mistral', 'mistral', configOf('mistral')],
];

/** A model of such an architecture with this tokenizer, whose tokenizer.json is changed. */
async function withTokenizer(tokenizer: string, config: Json, change: (json: Json) => void = () => {}) {
  const json = readJson(join(fixture(tokenizer), 'tokenizer.json'));
  change(json);
  const ids = [...Object.values<number>(json.model.vocab), ...json.added_tokens.map(({ id }: Json) => id)];
  // The embedding has more rows than there are tokens.
  const rows = Math.max(...ids) + 3;
  const sizes = {
    vocab_size: rows,
    ...('vocab_size_per_layer_input' in config && { vocab_size_per_layer_input: rows }),
  };
  const [bos_token_id, eos_token_id] = tokenizer.startsWith('gemma') ? [2, 1] : [1, 2];
  const folder = await modelFolder({ ...config, ...sizes, bos_token_id, eos_token_id, pad_token_id: null });
  cpSync(join(fixture(tokenizer), 'tokenizer_config.json'), join(folder, 'tokenizer_config.json'));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
  return folder;
}

async function exported(model: string): Promise<{ file: string; notes: string[] }> {
  const file = join(temporaryFolder(), 'exported.gguf');
  const source = { model, config: readModelConfig(model), name: 'tiny', type: 'F16' as const, onProgress: () => {} };
  const { notes } = await exportGguf(source, file);
  return { file, notes };
}

function askLlamaCpp(file: string, texts: string[]): { tokens: number[][]; addsBos: boolean } {
  const input = JSON.stringify({ files: [file], texts, sequences: [] });
  const script = join(LLAMA_CPP, 'ask.mjs');
  const [answers] = JSON.parse(
    execFileSync(process.execPath, [script], { input, encoding: 'utf8', maxBuffer: 1 << 28 }),
  );
  return answers;
}

/** What llama.cpp is known to cut otherwise: a NUL ends texts there, and behind tokens of Phi-3 spaces beyond ASCII stay. */
const ODD = /\0|> ?\u2003/;

describe.each(MODELS)('an exported %s', (name, tokenizer, config) => {
  it('is read again as the same tokenizer', async () => {
    const model = await withTokenizer(tokenizer, config);
    const { file } = await exported(model);
    const [before, after] = [loadTokenizer(model), loadTokenizer(file)];
    for (const text of textsOf(tokenizer)) {
      expect(after.encode(text), JSON.stringify(text)).toEqual(before.encode(text));
      expect(after.decode(after.encode(text))).toBe(before.decode(before.encode(text)));
    }
  });

  test.skipIf(!hasLlamaCpp)('has the same tokens in llama.cpp, or a note says which not', async () => {
    const model = await withTokenizer(tokenizer, config);
    const { file, notes } = await exported(model);
    const own = loadTokenizer(model);
    const texts = textsOf(tokenizer).filter((text) => !ODD.test(text));
    expect(texts.length).toBeGreaterThan(150);
    const { tokens, addsBos } = askLlamaCpp(file, texts);
    expect(addsBos).toBe(true);
    const differ = texts.filter(
      (text, index) => `${tokens[index]}` !== `${own.encode(text, { addSpecialTokens: false })}`,
    );
    const isMistral = name === 'Mistral';
    expect(notes.some((note) => note.includes('a space before a text that follows a special token'))).toBe(isMistral);
    if (isMistral) expect(differ.length).toBeGreaterThan(0);
    else expect(differ).toEqual([]);
  });
});

/** Fields of tokenizer_config.json. */
async function withClass(tokenizer: string, config: Json, fields: Json): Promise<string> {
  const folder = await withTokenizer(tokenizer, config);
  const file = join(folder, 'tokenizer_config.json');
  writeFileSync(file, JSON.stringify({ ...readJson(file), tokenizer_class: 'LlamaTokenizer', ...fields }));
  return folder;
}

it.each([
  [
    'only at the start',
    { legacy: false },
    /^(?!.*<(s|\/s|unk|tool)>)[^ \u2581]/s,
    'a text that follows a special token',
  ],
  [
    'where there is none',
    { legacy: true },
    /^(?!.*<(s|\/s|unk|tool)>[ \u2581])[^ \u2581]/s,
    'a text that begins with one',
  ],
  ['nowhere', { add_prefix_space: false }, /^/, undefined],
] as const)('writes a Llama whose class puts a space %s, and says what differs', async (_, fields, same, note) => {
  const model = await withClass('llama2', LLAMA, fields);
  const { file, notes } = await exported(model);
  expect(notes.join()).toContain(note ?? '');
  expect(notes.join().includes('puts a space')).toBe(note !== undefined);
  const [before, after] = [loadTokenizer(model), loadTokenizer(file)];
  const differ = textsOf('llama2').filter((text) => String(before.encode(text)) !== String(after.encode(text)));
  expect(differ.filter((text) => same.test(text))).toEqual([]);
  expect(differ.length > 0).toBe(note !== undefined);
});

it('takes the runs of spaces that Gemma has among its added tokens for pieces', async () => {
  const model = await withTokenizer('gemma3', configOf('gemma2'), (json) => {
    for (const [content, id] of Object.entries(json.model.vocab))
      if (/^\u2581{2,}$/.test(content))
        json.added_tokens.push({ id, content, special: false, normalized: false, lstrip: false, rstrip: false });
  });
  const { file } = await exported(model);
  const own = loadTokenizer(model);
  const texts = textsOf('gemma3').filter((text) => !text.includes('\u2581') && !ODD.test(text));
  const expected = texts.map((text) => own.encode(text, { addSpecialTokens: false }));
  const again = loadTokenizer(file);
  expect(texts.map((text) => again.encode(text, { addSpecialTokens: false }))).toEqual(expected);
  if (hasLlamaCpp) expect(askLlamaCpp(file, texts).tokens).toEqual(expected);
});

it('says where the file keeps no order of the ways to make a piece', async () => {
  const notesOf = async (change: (json: Json) => void) =>
    (await exported(await withTokenizer('llama2', LLAMA, change))).notes.join();
  const note = 'the file does not say which comes first';
  expect(await notesOf(() => {})).not.toContain(note);
  expect(await notesOf((json) => json.model.merges.reverse())).toContain(note);
});

type Metadata = ReturnType<typeof ggufVocabulary>['metadata'];
const change = (metadata: Metadata, name: string, value: unknown) => {
  const key = `tokenizer.ggml.${name}`;
  metadata.set(key, { ...metadata.get(key)!, value } as never);
};
const listOf = (metadata: Metadata, name: string) => metadata.get(`tokenizer.ggml.${name}`)!.value as unknown[];
const unreadable: [what: string, change: (metadata: Metadata) => void, message: string][] = [
  [
    'pieces of one score',
    (metadata) => change(metadata, 'scores', Array(listOf(metadata, 'tokens').length).fill(-1000)),
    'all pieces of the tokenizer have the same score',
  ],
  [
    'a byte without a token',
    (metadata) => {
      const others = listOf(metadata, 'tokens').map((token) => (token === '<0x41>' ? '<0x4>' : token));
      change(metadata, 'tokens', others);
    },
    'the tokenizer has no token <0x41>',
  ],
  [
    'texts whose spaces are removed',
    (metadata) => metadata.set('tokenizer.ggml.remove_extra_whitespaces', { type: 'bool', value: true }),
    'the tokenizer removes repeated spaces',
  ],
  ['another kind', (metadata) => change(metadata, 'model', 't5'), 'the tokenizer is of the kind "t5"'],
];
it.each(unreadable)('refuses to read %s', async (_, spoil, message) => {
  const model = await withTokenizer('llama2', LLAMA);
  const { metadata } = ggufVocabulary(model, readModelConfig(model));
  spoil(metadata);
  const file = join(temporaryFolder(), 'spoiled.gguf');
  const all = new Map([['general.architecture', { type: 'string', value: 'llama' }] as const, ...metadata]);
  async function* none() {}
  await writeGguf(file, all, new Map(), none());
  expect(() => loadTokenizer(file)).toThrow(BadInput);
  expect(() => loadTokenizer(file)).toThrow(message);
});

describe('refuses to write', () => {
  const refusals: [what: string, tokenizer: string, config: Json, change: (json: Json) => void, message: string][] = [
    [
      'ways of making a piece that lie apart',
      'llama2',
      LLAMA,
      ({ model: { merges } }) => {
        const pieces = merges.map((merge: string[]) => merge.join(''));
        const first = pieces.findIndex((piece: string, index: number) => piece === pieces[index + 1]);
        merges.push(...merges.splice(first, 1));
      },
      'no scores give the merges',
    ],
    ['too few merges', 'llama2', LLAMA, (json) => json.model.merges.splice(9, 1), 'it never merges'],
    [
      "Gemma's merges in another order than its pieces",
      'gemma3',
      configOf('gemma3'),
      (json) => json.model.merges.push(json.model.merges.splice(0, 60)[59]),
      'no scores give the merges',
    ],
    ['a space before texts in Gemma', 'llama2', configOf('gemma3'), () => {}, 'it puts a space before texts'],
    [
      'other pieces',
      'llama2',
      LLAMA,
      (json) => json.normalizer.normalizers.push({ type: 'NFKC' }),
      'how it makes pieces of texts',
    ],
    [
      'a byte without a token',
      'llama2',
      LLAMA,
      (json) => {
        json.model.vocab['<0x4>'] = json.model.vocab['<0x41>'];
        delete json.model.vocab['<0x41>'];
      },
      'it has no token <0x41>',
    ],
    [
      'tokens that are normalized before they are looked for',
      'llama2',
      LLAMA,
      (json) => {
        json.added_tokens[1].normalized = true;
      },
      'the added token "<s>" is looked for',
    ],
    [
      "spaces that Llama's tokens take",
      'llama2',
      LLAMA,
      (json) => {
        json.added_tokens[1].rstrip = true;
      },
      'llama.cpp has no tokens like "<s>"',
    ],
  ];
  it.each(refusals)('%s', async (_, tokenizer, config, change, message) => {
    const model = await withTokenizer(tokenizer, config, change);
    const use = () => ggufVocabulary(model, readModelConfig(model));
    expect(use).toThrow(BadInput);
    expect(use).toThrow('the tokenizer cannot be exported as GGUF: ');
    expect(use).toThrow(message);
  });
});
