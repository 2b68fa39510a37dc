import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { charTokenizerFiles, EOS_ID, PAD_ID, UNKNOWN_ID } from '../../../../scripts/sample-models/char-tokenizer.ts';
import { loadTokenizer } from '../../../../src/model/tokenizer/tokenizer.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { temporaryFolder, writeJson } from '../model-folder.ts';

const CHARACTERS = '0123456789[], +=<>/abcdefghijklmnopqrstuvwxyz\n\té👩\'"\\';

/** A folder with the sample models' tokenizer; fields of its two files may be changed. */
function tokenizerFolder(json: Record<string, unknown> = {}, config: Record<string, unknown> = {}): string {
  const folder = temporaryFolder();
  const { tokenizerJson, tokenizerConfig } = charTokenizerFiles(CHARACTERS);
  writeJson(folder, 'tokenizer.json', { ...tokenizerJson, ...json });
  writeJson(folder, 'tokenizer_config.json', { ...tokenizerConfig, ...config });
  return folder;
}

describe('the character tokenizer', () => {
  const tokenizer = () => loadTokenizer(tokenizerFolder());

  it("gives transformers' ids", () => {
    // From AutoTokenizer.from_pretrained on these two files, transformers 5.23.
    expect(tokenizer().encode('sort [3,1,2] = <answer>[1,2,3]</answer><eos>')).toEqual([
      40, 36, 39, 41, 16, 13, 6, 15, 4, 15, 5, 14, 16, 18, 16, 19, 22, 35, 40, 44, 26, 39, 20, 13, 4, 15, 5, 15, 6, 14,
      19, 21, 22, 35, 40, 44, 26, 39, 20, 1,
    ]);
  });

  it.each(['', ' ', '  lead and trail ', "don't , stop [", '[3,1]\n\t<x>', '👩é👩', '<eos', '<pad><eos>12<unk>'])(
    'gives %j back',
    (text) => {
      const { encode, decode } = tokenizer();
      expect(decode(encode(text))).toBe(text);
    },
  );

  it('says what it cannot spell', () => {
    const { encode, decode } = tokenizer();
    expect(encode('aXé日b')).toEqual([22, UNKNOWN_ID, 50, UNKNOWN_ID, 23]);
    expect(decode(encode('X'), { skipSpecialTokens: true })).toBe('');
  });

  it('knows its special tokens and its size', () => {
    const { eosTokenId, padTokenId, vocabSize, decode } = tokenizer();
    expect({ eosTokenId, padTokenId }).toEqual({ eosTokenId: EOS_ID, padTokenId: PAD_ID });
    expect(vocabSize).toBe(3 + [...CHARACTERS].length);
    expect(decode([3, EOS_ID, 4], { skipSpecialTokens: true })).toBe('01');
  });

  it('gives a new special token the next id, in a vocabulary of any size', () => {
    const { tokenizerJson } = charTokenizerFiles(CHARACTERS);
    const vocab = Object.fromEntries(Array.from({ length: 200_000 }, (_, id) => [`token${id}`, id + 100]));
    const own = tokenizerJson.model as { vocab: Record<string, number> };
    const model = { ...own, vocab: { ...own.vocab, ...vocab } };
    const { encode, eosTokenId } = loadTokenizer(tokenizerFolder({ model }, { eos_token: '<end>' }));
    expect(eosTokenId).toBe(200_100);
    expect(encode('1<end>')).toEqual([4, 200_100]);
  });

  it('decodes ids beyond the vocabulary, as the padding rows of an embedding have, to nothing', () => {
    const { decode } = tokenizer();
    expect(decode([999])).toBe('');
    expect(decode([3, 999, 4])).toBe('01');
    expect(decode([])).toBe('');
  });
});

describe('prompts', () => {
  const withBos = {
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<eos>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<eos>': { id: '<eos>', ids: [EOS_ID], tokens: ['<eos>'] } },
    },
  };
  const template =
    '{{ eos_token }}{% for m in messages %}{{ m.role[0] }}={{ m.content }}\n{% endfor %}{% if add_generation_prompt %}a={{ mood }}{% endif %}';

  it('adds special tokens to text, but not again to a chat', () => {
    const folder = tokenizerFolder(withBos, { chat_template: template, bos_token: null });
    const { encodePrompt, encode, renderChat } = loadTokenizer(folder);
    expect(encodePrompt('12')).toEqual({ text: '12', ids: [EOS_ID, 4, 5] });
    expect(encode('12', { addSpecialTokens: false })).toEqual([4, 5]);
    const chat = encodePrompt([{ role: 'user', content: '12' }]);
    expect(chat.text).toBe('<eos>u=12\na=');
    expect(chat.ids.slice(0, 3)).toEqual([EOS_ID, ...encode('u=', { addSpecialTokens: false })]);
    expect(chat.ids.filter((id) => id === EOS_ID)).toHaveLength(1);
    expect(renderChat([{ role: 'user', content: '1' }], { variables: { add_generation_prompt: false } })).toBe(
      '<eos>u=1\n',
    );
    expect(renderChat([], { variables: { mood: 'calm' } })).toBe('<eos>a=calm');
  });

  it('prefers chat_template.jinja, reads Windows line ends, and takes "default" from a list', () => {
    const folder = tokenizerFolder({}, { chat_template: 'config' });
    expect(loadTokenizer(folder).renderChat([])).toBe('config');
    writeFileSync(join(folder, 'chat_template.jinja'), '{% if true %}\r\nx\r\n{% endif %}\r\n');
    expect(loadTokenizer(folder).renderChat([])).toBe('x\n');
    const named = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'plain' },
    ];
    expect(loadTokenizer(tokenizerFolder({}, { chat_template: named })).renderChat([])).toBe('plain');
  });

  it('refuses a chat without a template, a broken template, and what the template refuses', () => {
    const render = (config: Record<string, unknown>) => () =>
      loadTokenizer(tokenizerFolder({}, config)).encodePrompt([{ role: 'user', content: 'x' }]);
    expect(render({})).toThrow(BadInput);
    expect(render({})).toThrow('the model has no chat template, so prompts must be plain text');
    expect(render({ chat_template: '{% if %}' })).toThrow('tokenizer_config.json: the chat template cannot be used');
    expect(render({ chat_template: '{{ raise_exception("Roles must alternate") }}' })).toThrow(
      'the chat template refuses this prompt: Roles must alternate',
    );
    expect(render({ chat_template: [{ name: 'rag', template: '' }] })).toThrow('a list of templates with one named');
    // A template that cannot be parsed does not stand in the way of plain prompts.
    expect(loadTokenizer(tokenizerFolder({}, { chat_template: '{% if %}' })).encodePrompt('1').ids).toEqual([4]);
  });

  it('reads special tokens that are written as objects', () => {
    const folder = tokenizerFolder(
      {},
      { eos_token: { __type: 'AddedToken', content: '<eos>' }, chat_template: '{{ eos_token }}' },
    );
    const { eosTokenId, renderChat } = loadTokenizer(folder);
    expect(eosTokenId).toBe(EOS_ID);
    expect(renderChat([])).toBe('<eos>');
  });
});

describe('refusing a tokenizer', () => {
  it('names the folder without tokenizer.json', () => {
    const folder = temporaryFolder();
    expect(() => loadTokenizer(folder)).toThrow(`${folder}: this folder has no tokenizer.json`);
  });

  it('names the file that is broken', () => {
    const folder = tokenizerFolder();
    const file = join(folder, 'tokenizer.json');
    for (const text of [
      '{',
      '{}',
      '{"model": 1}',
      JSON.stringify({ ...charTokenizerFiles('a').tokenizerJson, model: {} }),
    ]) {
      writeFileSync(file, text);
      expect(() => loadTokenizer(folder)).toThrow(BadInput);
      expect(() => loadTokenizer(folder)).toThrow(`${file}:`);
    }
    const badConfig = tokenizerFolder();
    writeFileSync(join(badConfig, 'tokenizer_config.json'), 'x');
    expect(() => loadTokenizer(badConfig)).toThrow(
      `${join(badConfig, 'tokenizer_config.json')}:1:1: This is not valid JSON`,
    );
  });
});

describe('refusing what would be silently wrong, or never end', () => {
  const { tokenizerJson } = charTokenizerFiles(CHARACTERS);
  const model = tokenizerJson.model as { vocab: Record<string, number> };
  const withIds = (ids: Record<string, unknown>) => ({ model: { ...model, vocab: { ...model.vocab, ...ids } } });
  const replace = (pattern: object, content: string) => ({ type: 'Replace', pattern, content });
  const sequence = (normalizers: object[]) => ({ normalizer: { type: 'Sequence', normalizers } });

  // Hugging Face's tokenizers refuse the first four too; they take an id twice, and decode it as either token.
  it.each([
    ['a negative id', withIds({ '3': -1 }), 'the token "3" has the id -1, but ids are whole numbers'],
    ['a fraction', withIds({ '3': 0.5 }), 'the token "3" has the id 0.5,'],
    ['a text', withIds({ '3': 'x' }), 'the token "3" has the id "x",'],
    ['null', withIds({ '3': null }), 'the token "3" has the id null,'],
    ['one id twice', withIds({ '3': model.vocab['4'] }), 'the tokens "3" and "4" have the same id, 7;'],
    ['an absurd id', withIds({ '3': 4e9 }), 'the token "3" has the id 4000000000,'],
    ['an added token without id', { added_tokens: [{ content: 'x' }] }, 'the token "x" has the id undefined,'],
    ['an added token without content', { added_tokens: [{ id: 3 }] }, '"added_tokens" has a token without "content"'],
    [
      'an added token that is only found as a word',
      { added_tokens: [{ id: 3, content: 'x', single_word: true }] },
      'the added token "x" has "single_word", which is not supported; set it to false',
    ],
    [
      'rules that grow together',
      sequence(Array(9).fill(replace({ String: 'a' }, 'aaaaaaaaaa'))),
      'the "normalizer" makes texts more than 100 times as long',
    ],
    [
      'a rule that inserts',
      sequence([replace({ Regex: '' }, 'a'.repeat(200))]),
      'the "normalizer" makes texts more than',
    ],
  ])('%s', (_, json, message) => {
    const folder = tokenizerFolder(json);
    expect(() => loadTokenizer(folder)).toThrow(`${join(folder, 'tokenizer.json')}: ${message}`);
  });

  it('takes rules that grow a little', () => {
    const rules = [{ type: 'Prepend', prepend: '▁' }, replace({ String: ' ' }, '▁'), replace({ Regex: ' {2,}' }, '▁▁')];
    expect(() => loadTokenizer(tokenizerFolder(sequence(rules)))).not.toThrow();
  });

  it('ends a regular expression that backtracks without end', () => {
    const split = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
    const { encode } = loadTokenizer(tokenizerFolder({ pre_tokenizer: split }));
    expect(() => encode(`${'a'.repeat(60)}!`)).toThrow(
      /tokenizer\.json: the tokenizer does not get done with a text of 61 characters \(it took longer than 3 s\)/,
    );
  });

  it('ends one in the decoder too', () => {
    const decoders = [{ type: 'Fuse' }, replace({ Regex: '(3+)+$' }, '')];
    const { decode, withinOneLimit } = loadTokenizer(tokenizerFolder({ decoder: { type: 'Sequence', decoders } }));
    const ids = [...Array<number>(60).fill(model.vocab['3']!), model.vocab['4']!];
    const refusal = /tokenizer\.json: the tokenizer does not get done with a text of 61 characters/;
    expect(() => decode(ids)).toThrow(refusal);
    expect(() => withinOneLimit(61, () => decode(ids))).toThrow(refusal);
  });

  it('does not tokenize all of a text that is far too long', () => {
    const { encode, encodePrompt } = loadTokenizer(tokenizerFolder());
    const at = { file: 'prompts.jsonl', line: 3 };
    const said =
      "prompts.jsonl:3: A text of 10000000 characters, of which the first 400 are 400 tokens already, is beyond the model's context of 100; shorten it.";
    const text = '9 '.repeat(5e6);
    expect(() => encode(text, { room: { tokens: 100, at } })).toThrow(said);
    expect(() => encodePrompt(text, { room: { tokens: 100, at } })).toThrow(said);
    // What may still fit is counted in full.
    expect(encode('9'.repeat(500), { room: { tokens: 300, at } })).toHaveLength(500);
  });
});
