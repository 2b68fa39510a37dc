import { isDeepStrictEqual } from 'node:util';
import {
  BYTES,
  GEMMA_RULES,
  LLAMA_RULES,
  llamaRules,
  MISTRAL_RULES,
  PHI3_STRIPS_NOTHING,
  type PieceRules,
  PLAIN_RULES,
  SPACE,
} from '../files/gguf-sentencepiece.ts';
import { TOKEN_TYPES } from '../files/gguf-words.ts';
import type { GgufEntry } from '../files/gguf-writer.ts';
import { sentencePieceMerges } from '../files/sentencepiece-merges.ts';
import { essentials, listMerges, type Part, partOf, type Refuse } from './tokenizer-parts.ts';

/** A SentencePiece BPE as llama.cpp has it ("llama", or Gemma 4's "gemma4"). */
export interface GgufPieces {
  vocabulary: Map<string, number>;
  /** The kind of a piece that is no added token. */
  typeOf: (piece: string) => number;
  /** By their names behind "tokenizer.ggml.". */
  entriesFor: (tokens: readonly string[]) => [name: string, GgufEntry][];
  /** Added tokens that are written as pieces. */
  isPiece: (added: string) => boolean;
  /** llama.cpp adds BOS whatever the file says. */
  alwaysAddsBos: boolean;
  notes: string[];
}

export interface AddedToken {
  id: number;
  content: string;
  special?: boolean;
  normalized?: boolean;
  single_word?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
}

export const hasPieces = (json: Part): boolean => partOf(json.model).byte_fallback === true;

/**
 * The SentencePiece BPE that tokenizer.json describes. The file has no merges but a score for each piece: only a tokenizer whose merges come out
 * of scores again is written.
 *
 * Source: `_set_vocab_sentencepiece` and `Gemma4Model.set_vocab` of llama.cpp's convert_hf_to_gguf.py.
 */
export function pieceVocabulary(json: Part, architecture: string | undefined, refuse: Refuse): GgufPieces {
  const model = partOf(json.model);
  if (model.type !== 'BPE') refuse(`it is of the kind "${String(model.type)}", and only BPE is supported`);
  if (model.ignore_merges === true) refuse('it takes whole pieces before it merges any');
  const vocabulary = new Map(Object.entries(partOf(model.vocab)) as [string, number][]);
  const missing = BYTES.find((byte) => !vocabulary.has(byte));
  if (missing) refuse(`it has no token ${missing}, and llama.cpp needs one for each byte`);
  const isGemma = /^gemma[234]?$/.test(architecture ?? '');
  const rules = rulesOf(json, isGemma, refuse);
  const merges = listMerges(model, refuse);
  const isGemma4 = architecture === 'gemma4';
  const listed = (Array.isArray(json.added_tokens) ? json.added_tokens : []) as AddedToken[];
  const changed = listed.find(({ content, normalized }) => normalized && (rules === LLAMA_RULES || / /.test(content)));
  if (changed) refuse(`the added token "${changed.content}" is looked for in the text with its spaces replaced`);
  // Gemma's runs of spaces: in texts they are spaces, and merged.
  const isPiece = (content: string) => content.includes(SPACE) && vocabulary.has(content);
  const added = new Set(listed.map(({ content }) => content).filter((content) => !isPiece(content)));
  const scored = isGemma4 ? undefined : scoresOf(vocabulary, merges, added, isGemma, refuse);
  const bytes = new Set(BYTES);
  const unknown = model.unk_token;
  const float32s = (value: number[]): GgufEntry => ({ type: 'float32s', value });
  return {
    vocabulary,
    isPiece,
    alwaysAddsBos: isGemma4,
    typeOf: (piece) =>
      bytes.has(piece) ? TOKEN_TYPES.byte : piece === unknown ? TOKEN_TYPES.unknown : TOKEN_TYPES.normal,
    entriesFor: (tokens) => [
      ['model', { type: 'string', value: isGemma4 ? 'gemma4' : 'llama' }],
      ...(isGemma4
        ? [['merges', { type: 'strings', value: merges.map((merge) => merge.join(' ')) }] as [string, GgufEntry]]
        : [['pre', { type: 'string', value: 'default' }] as [string, GgufEntry]]),
      ['scores', float32s(tokens.map((token) => scored?.scores.get(token) ?? NO_SCORE))],
      ['add_space_prefix', { type: 'bool', value: ADDS_SPACE.includes(rules) }],
    ],
    notes: [
      ...(rules === MISTRAL_RULES ? [SPACE_AT_START] : []),
      ...(rules === LEGACY_RULES ? [SPACE_ONCE] : []),
      ...(scored && !scored.keepsOrder && repeats(merges) ? [ORDER] : []),
    ],
  };
}

/** What the converter gives to tokens that are not made by merging. */
const NO_SCORE = -1000;

const SPACE_AT_START =
  'llama.cpp puts a space before a text that follows a special token too, where the tokenizer puts one only at the start and only if there is none. Such texts get different tokens there.';
const SPACE_ONCE =
  'llama.cpp puts a space before a text that begins with one too, where the tokenizer puts none. Such texts get different tokens there.';
const ORDER =
  'Where a piece can be made in several ways, the file does not say which comes first: long repetitions, such as of dashes, may get different tokens in llama.cpp and when the file is read again.';

/** transformers' LlamaTokenizer where `legacy` is true, and where it adds no space. */
const [LEGACY_RULES, NO_SPACE_RULES] = [llamaRules(true, true), llamaRules(false, false)];
const RULES = [LLAMA_RULES, MISTRAL_RULES, LEGACY_RULES, PLAIN_RULES, NO_SPACE_RULES, GEMMA_RULES];
const ADDS_SPACE = [LLAMA_RULES, MISTRAL_RULES, LEGACY_RULES];

function rulesOf(json: Part, isGemma: boolean, refuse: Refuse): PieceRules {
  const own = essentialRules(json as Part & PieceRules);
  const found = RULES.find((rules) => isDeepStrictEqual(own, essentialRules(rules)));
  if (!found) return refuse('how it makes pieces of texts, or texts of pieces, is not a way that llama.cpp has');
  if (isGemma && ADDS_SPACE.includes(found))
    return refuse('it puts a space before texts, which in files of Gemma no tokenizer does');
  return found;
}

const essentialRules = ({ normalizer, pre_tokenizer, decoder }: PieceRules) => ({
  normalizer: essentials(normalizer),
  // Splits at spaces, of which the normalizer leaves none.
  pre_tokenizer: isDeepStrictEqual(pre_tokenizer, GEMMA_RULES.pre_tokenizer) ? [] : essentials(pre_tokenizer),
  decoder: [partOf(decoder).decoders ?? decoder].flat(),
});

/**
 * A score for each piece that is merged of others: Gemma's by its id, since readers go by that, others' by the place of its first merge. What is
 * an added token is found before anything is merged. Ways of making the same piece have one score: `keepsOrder` tells whether readers put them in
 * the order that they have in tokenizer.json.
 */
function scoresOf(
  vocabulary: ReadonlyMap<string, number>,
  merges: readonly [string, string][],
  added: ReadonlySet<string>,
  isGemma: boolean,
  refuse: Refuse,
): { scores: Map<string, number>; keepsOrder: boolean } {
  const scores = new Map<string, number>();
  const counted = merges.filter(([left, right]) => !added.has(left + right));
  let last = Number.POSITIVE_INFINITY;
  for (const [left, right] of counted) {
    const piece = left + right;
    if (!vocabulary.has(piece)) refuse(`it merges "${left}" and "${right}" to a piece that it does not have`);
    if (!scores.has(piece)) scores.set(piece, isGemma ? -vocabulary.get(piece)! : -scores.size);
    const score = scores.get(piece)!;
    if (score > last) refuse(`${UNORDERED} ("${left}" and "${right}")`);
    last = score;
  }
  const pieces = [...vocabulary.keys()].filter((piece) => !added.has(piece));
  const again = sentencePieceMerges(pieces.map((piece) => [piece, scores.get(piece) ?? NO_SCORE]));
  const known = new Set(counted.map(([left, right]) => `${left} ${right}`));
  const other = again.find(([left, right]) => !known.has(`${left} ${right}`));
  if (other) refuse(`${UNORDERED} (it never merges "${other[0]}" and "${other[1]}")`);
  return { scores, keepsOrder: isDeepStrictEqual(again, counted) };
}

const UNORDERED =
  'llama.cpp merges pieces by their scores, and no scores give the merges of this tokenizer in their order';

/** Whether a piece is made in two ways that compete for the same part: only of repetitions. */
function repeats(merges: readonly [string, string][]): boolean {
  const made = new Map<string, [string, string][]>();
  for (const merge of merges) {
    const piece = merge[0] + merge[1];
    const others = made.get(piece);
    if (others?.some((other) => other[1] === merge[0] || merge[1] === other[0])) return true;
    if (others) others.push(merge);
    else made.set(piece, [merge]);
  }
  return false;
}

/** Whether added tokens take the spaces behind them as llama.cpp does in a model with Phi-3's name. */
export const stripsAsPhi3 = (added: readonly AddedToken[]): boolean =>
  added.every(
    ({ content, rstrip = false, lstrip, single_word }) =>
      !lstrip && !single_word && rstrip === !PHI3_STRIPS_NOTHING.includes(content),
  );
