import { isDeepStrictEqual } from 'node:util';
import { WORD_SPLITS } from '../files/gguf-words.ts';
import { essentials, type Part, partOf, type Refuse } from './tokenizer-parts.ts';

/** A byte-level BPE as llama.cpp has it ("gpt2"). */
export interface BytePairs {
  /** llama.cpp's name for how texts are cut into words. */
  split: string;
  /** Ids by token; bytes as the letters that stand for them. */
  vocabulary: Map<string, number>;
  merges: string[];
  /** What llama.cpp does otherwise, in sentences. */
  notes: string[];
}

/**
 * The byte-level BPE that tokenizer.json describes, or one that gives the same tokens. Words are told by their rules, not by the model's
 * name: only where rules are those that llama.cpp has under some name is that name written.
 */
export function byteLevelVocabulary(json: Part, refuse: Refuse): BytePairs {
  const model = partOf(json.model);
  if (model.type !== 'BPE') refuse(`it is of the kind "${String(model.type)}", and only BPE is supported`);
  if (model.continuing_subword_prefix || model.end_of_word_suffix) refuse('it marks the beginnings or ends of words');
  const vocabulary = new Map(Object.entries(partOf(model.vocab)) as [string, number][]);
  const merges = (Array.isArray(model.merges) ? model.merges : []).map((merge: unknown) => {
    const pair = typeof merge === 'string' ? merge : Array.isArray(merge) ? merge.join(' ') : '';
    return pair.indexOf(' ', 1) > 0 ? pair : refuse('"merges" has an entry that is not two tokens');
  });
  if (essentials(json.pre_tokenizer).length === 0 && merges.length === 0)
    return characters(json, vocabulary, model, refuse);

  const own = { normalizer: essentials(json.normalizer), pieces: essentials(json.pre_tokenizer) };
  const known = Object.entries(WORD_SPLITS).find(
    ([, { normalizer, pieces, ignoreMerges }]) =>
      isDeepStrictEqual(own, { normalizer: essentials(normalizer), pieces: pieces.flatMap(essentials) }) &&
      ignoreMerges === (model.ignore_merges ?? false),
  );
  const names = Object.keys(WORD_SPLITS).join(', ');
  const [split, { differs }] =
    known ?? refuse(`how it cuts texts into words is not one of the ways that can be told to llama.cpp (${names})`);
  return {
    split,
    vocabulary,
    merges,
    notes: differs === undefined ? [] : [`${differs} Such texts get different tokens there.`],
  };
}

/**
 * A token for each character, as the sample models have: the bytes of ASCII are its characters, so a byte-level BPE that merges nothing is
 * the same.
 */
function characters(json: Part, vocabulary: Map<string, number>, model: Part, refuse: Refuse): BytePairs {
  const special = new Set((Array.isArray(json.added_tokens) ? json.added_tokens : []).map((token) => token?.content));
  const letters = new Map<string, number>();
  for (const [token, id] of vocabulary) {
    if (special.has(token)) continue;
    if (token.length !== 1 || token > '\x7f')
      refuse(`its tokens are whole characters, and "${token}" is none of ASCII's`);
    letters.set(letterOf(token), id);
  }
  if (essentials(json.normalizer).length > 0) refuse('it changes texts before it cuts them into characters');
  const unknown = typeof model.unk_token === 'string' ? model.unk_token : undefined;
  const notes =
    unknown === undefined
      ? []
      : [`llama.cpp skips characters that the model has no token for; in training they were ${unknown}.`];
  return { split: 'gpt-2', vocabulary: letters, merges: [], notes };
}

/** The letter that stands for an ASCII character's byte: itself, or for those that cannot be seen, one from 256 on. */
function letterOf(character: string): string {
  const byte = character.charCodeAt(0);
  if (byte > 32 && byte < 127) return character;
  return String.fromCharCode(byte === 127 ? 256 + 33 : 256 + byte);
}
