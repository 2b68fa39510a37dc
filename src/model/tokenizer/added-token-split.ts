import type { Tokenizer } from '@huggingface/tokenizers';

interface AddedToken {
  id: number;
  content: string;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
}

/** What the library's tokenizer has and its types do not say. */
interface Internals {
  normalizer: ((text: string) => string) | null;
  pre_tokenizer: ((text: string, options: { section_index: number }) => string[]) | null;
  model: ((words: string[]) => string[]) & { vocab: string[] };
  added_tokens: AddedToken[];
  added_tokens_map: Map<string, AddedToken>;
  splitter_unnormalized: Splitter;
  splitter_normalized: Splitter;
  encode_text(text: string | null): string[] | null;
}
interface Splitter {
  split(text: string): string[];
}

/**
 * Makes the library find and write added tokens as Hugging Face's own does (`added_vocabulary.rs` of tokenizers): a token with `normalized` is looked
 * for in normalized text only, and is decoded as it is found there, special or not; `lstrip` and `rstrip` take Unicode's white space.
 */
export function mendAddedTokens(instance: Tokenizer): void {
  const tokenizer = instance as unknown as Internals;
  const { normalizer, pre_tokenizer, model, added_tokens, splitter_unnormalized, splitter_normalized } = tokenizer;
  const [raw, normalized] = [new Map<string, AddedToken>(), new Map<string, AddedToken>()];
  for (const token of added_tokens) {
    if (!token.normalized || !normalizer) {
      raw.set(token.content, token);
      continue;
    }
    const found = normalizer(token.content);
    normalized.set(found, token);
    model.vocab[token.id] = found;
  }
  // A piece of the model's may be spelled as a token is after normalization.
  tokenizer.added_tokens_map = new Map(added_tokens.map((token) => [token.content, token]));

  const tokensOf = (text: string): string[] =>
    cut(text, splitter_unnormalized, raw).flatMap((section, index) => {
      if (typeof section !== 'string') return [section.content];
      const inner = normalizer && section !== '' ? normalizer(section) : section;
      return cut(inner, splitter_normalized, normalized).flatMap((part, innerIndex) => {
        if (typeof part !== 'string') return [part.content];
        if (part === '') return [];
        return model(pre_tokenizer ? pre_tokenizer(part, { section_index: index + innerIndex }) : [part]);
      });
    });
  tokenizer.encode_text = (text) => (text === null ? null : tokensOf(text));
}

/** A text's added tokens and what is between them. */
function cut(text: string, splitter: Splitter, tokens: Map<string, AddedToken>): (string | AddedToken)[] {
  const parts = splitter.split(text).map((part) => tokens.get(part) ?? part);
  parts.forEach((token, index) => {
    if (typeof token === 'string') return;
    const [before, after] = [parts[index - 1], parts[index + 1]];
    if (token.lstrip && typeof before === 'string') parts[index - 1] = before.slice(0, endOfText(before));
    if (token.rstrip && typeof after === 'string') parts[index + 1] = after.replace(/^\p{White_Space}+/u, '');
  });
  return parts;
}

/** Where the white space begins that a text ends with. */
function endOfText(text: string): number {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1]!)) end--;
  return end;
}
