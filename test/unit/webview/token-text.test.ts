/** Token by token, a completion's text is all there, whatever the model writes. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tokenEnds } from '../../../src/model/tokenizer/token-ends.ts';
import { loadTokenizer, type Tokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { type Piece, piecesOf, visible } from '../../../webview/tokens/pieces.ts';

const MODELS = join(import.meta.dirname, '../../references/fixtures/models');
const TEXTS = {
  spaces: '  two spaces,   three,\ttab and one at the end ',
  'line breaks': '\n\nfirst\nsecond\r\nthird\n\n\n',
  Chinese: '答案是五。因为二加三等于五！',
  emoji: '👍🏽 yes 👩‍👩‍👧‍👦, 🇨🇭 and ❤️',
  'other scripts': 'Ωμέγα, naïve façade, שלום, नमस्ते, e\u0301',
  tags: '<reasoning>2 + 3</reasoning>\n<answer>5</answer>',
};

const written = (ids: readonly number[], tokenizer: Tokenizer) => {
  const completion = tokenizer.decode([...ids], { skipSpecialTokens: true });
  const ends = tokenEnds(ids, completion, tokenizer);
  return { completion, pieces: piecesOf(completion, { row: 0, ids: [...ids], ends }) };
};

const joined = (pieces: readonly Piece[]) => pieces.map(({ text, silent }) => (silent ? '' : text)).join('');

/** What only half of a character would be. */
const HALF = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

describe.each(readdirSync(MODELS))('%s', (model) => {
  const tokenizer = loadTokenizer(join(MODELS, model));

  test.each(Object.entries(TEXTS))('%s', (_, text) => {
    const ids = [...tokenizer.encode(text, { addSpecialTokens: false }), tokenizer.eosTokenId!];
    const { completion, pieces } = written(ids, tokenizer);
    // Qwen composes accents.
    expect([text, text.normalize()]).toContain(completion);
    expect(joined(pieces)).toBe(completion);
    expect(pieces).toHaveLength(ids.length);
    expect(pieces.at(-1)).toEqual({ text: `⟨${tokenizer.eosTokenId}⟩`, silent: true });
    for (const { text } of pieces) expect(text).not.toMatch(HALF);
    // Signs for what cannot be seen are added; nothing is taken away.
    const shown = pieces.filter(({ silent }) => !silent).map(({ text }) => visible(text));
    const back = shown.map((piece) =>
      piece
        .replace(/[↵→](?=[\n\t])/g, '')
        .replaceAll('\\r', '\r')
        .replace(/\\u\{(\w+)\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))),
    );
    expect(back.join('')).toBe(completion);
    for (const piece of shown) expect(piece).toMatch(/[^\p{Cf}\p{Cc}\p{Variation_Selector}]/u);
  });

  test('any tokens, also those that make up no character', () => {
    let state = 7;
    const next = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (let round = 0; round < 200; round++) {
      const ids = Array.from({ length: 1 + next(40) }, () => next(290));
      const { completion, pieces } = written(ids, tokenizer);
      expect(joined(pieces), ids.join(' ')).toBe(completion);
      for (const { text } of pieces) expect(text, ids.join(' ')).not.toMatch(HALF);
    }
  });
});
