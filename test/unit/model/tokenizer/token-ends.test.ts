import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokenEnds } from '../../../../src/model/tokenizer/token-ends.ts';
import { loadTokenizer, type Tokenizer } from '../../../../src/model/tokenizer/tokenizer.ts';

const MODELS = join(import.meta.dirname, '../../../references/fixtures/models');
const TEXTS = ['one two', ' a  b\n\nc ', 'naïve café', '日本語 🙂👩‍👩‍👧‍👦 end', '', '<answer>5</answer>'];

/** The tokens needed for the first characters, prefix by prefix. */
const tokensFor = (ids: number[], end: number, tokenizer: Tokenizer): number => {
  const written = (tokens: number) => {
    const text = tokenizer.decode(ids.slice(0, tokens), { skipSpecialTokens: true });
    // The rest of an unfinished character has not been written.
    return tokens < ids.length && text.endsWith('\uFFFD') ? 0 : text.length;
  };
  return (
    Array.from({ length: ids.length + 1 }, (_, tokens) => tokens).find((tokens) => written(tokens) >= end) ?? ids.length
  );
};

test.each(readdirSync(MODELS))('what each token of %s writes', (model) => {
  const tokenizer = loadTokenizer(join(MODELS, model));
  for (const text of TEXTS) {
    const ids = [...tokenizer.encode(text, { addSpecialTokens: false }), tokenizer.eosTokenId!];
    const written = tokenizer.decode(ids, { skipSpecialTokens: true });
    const ends = tokenEnds(ids, written, tokenizer);
    expect(ends.at(-1)).toBe(written.length);
    for (let end = 1; end <= written.length; end++) {
      const tokens = ends.findIndex((length) => length >= end) + 1;
      expect(tokens, `${JSON.stringify(text)} up to ${end}`).toBe(tokensFor(ids, end, tokenizer));
    }
  }
});

test('decodes a bounded number of tokens for each token', () => {
  let decoded = 0;
  const tokenizer = loadTokenizer(join(MODELS, 'qwen3'));
  const counting: Tokenizer = {
    ...tokenizer,
    decode: (ids, options) => {
      decoded += ids.length;
      return tokenizer.decode(ids, options);
    },
  };
  const text = 'a b 🙂 c '.repeat(500);
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  expect(tokenEnds(ids, text, counting).at(-1)).toBe(text.length);
  expect(decoded / ids.length).toBeLessThan(30);
});

test('decodes a token that writes the same anywhere once, within one time limit for the completion', () => {
  const [decoded, limits] = [[] as number[], [] as number[]];
  const tokenizer = loadTokenizer(join(MODELS, 'qwen3'));
  const counting: Tokenizer = {
    ...tokenizer,
    decode: (ids, options) => {
      decoded.push(...ids);
      return tokenizer.decode(ids, options);
    },
    withinOneLimit: (tokens, work) => {
      limits.push(tokens);
      return tokenizer.withinOneLimit(tokens, work);
    },
  };
  const text = 'one and two and three'.repeat(50);
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  for (let i = 0; i < 2; i++) expect(tokenEnds(ids, text, counting).at(-1)).toBe(text.length);
  expect(decoded.toSorted()).toEqual([...new Set(ids)].toSorted());
  expect(limits).toHaveLength(2);
});

test.each(['qwen3', 'llama-sharded'])('bytes that are no characters, for thousands of tokens: %s', (model) => {
  const tokenizer = loadTokenizer(join(MODELS, model));
  let state = 7;
  const ids = Array.from({ length: 3000 }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state % tokenizer.vocabSize;
  });
  const text = tokenizer.decode(ids, { skipSpecialTokens: true });
  const ends = tokenEnds(ids, text, tokenizer);
  expect(ends).toHaveLength(ids.length);
  expect(ends.at(-1)).toBe(text.length);
  expect(ends).toEqual(ends.toSorted((a, b) => a - b));
});
