import { BadInput } from '../../protocol/errors.ts';
import type { ModelConfig } from '../config.ts';
import { PHI3_PLACEHOLDER } from '../files/gguf-sentencepiece.ts';
import { TOKEN_TYPES } from '../files/gguf-words.ts';
import type { GgufEntry } from '../files/gguf-writer.ts';
import { readArchitecture } from '../files/model-config.ts';
import { namedTokens } from './added-tokens.ts';
import { findTemplate } from './chat-template.ts';
import { byteLevelVocabulary } from './gguf-byte-pairs.ts';
import { type AddedToken, type GgufPieces, hasPieces, pieceVocabulary, stripsAsPhi3 } from './gguf-pieces.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';

export interface GgufVocabulary {
  metadata: Map<string, GgufEntry>;
  /** Tokens that end a completion and that the format has no place for. */
  otherStops: string[];
  /** What comes before every text without being in it: BOS, where llama.cpp adds it. */
  textBefore: string;
  /** The chat template's text. */
  template: string | undefined;
  /** What llama.cpp does otherwise, in sentences. */
  notes: string[];
}

/**
 * A model's tokenizer and chat template in llama.cpp's words. Throws BadInput for a tokenizer that llama.cpp does not have: it would cut
 * texts into other tokens than those that the model was trained on, and nobody would be told.
 *
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py, `_set_vocab_gpt2`, and `gguf.SpecialVocab`.
 */
export function ggufVocabulary(model: string, { vocabSize, ...ofModel }: ModelConfig): GgufVocabulary {
  const files = readTokenizerFiles(model);
  const refuse = (reason: string): never => {
    const message = `the tokenizer cannot be exported as GGUF: ${reason}; export a merged model folder instead`;
    throw new BadInput(message, { file: files.file });
  };
  const architecture = readArchitecture(model).gguf?.name;
  const words = hasPieces(files.json)
    ? pieceVocabulary(files.json, architecture, refuse)
    : byteLevelWords(files.json, refuse);
  // Loading says what else is wrong with the files, before they are believed.
  const ends = endsOf(loadTokenizer(model), refuse);
  const added = (Array.isArray(files.json.added_tokens) ? files.json.added_tokens : []) as AddedToken[];
  const isPhi3 =
    architecture === 'phi3' &&
    hasPieces(files.json) &&
    added.some(({ content }) => content === PHI3_PLACEHOLDER) &&
    stripsAsPhi3(added);
  const odd = isPhi3 ? undefined : added.find((token) => token.single_word || token.lstrip || token.rstrip);
  if (odd)
    refuse(`llama.cpp has no tokens like "${odd.content}", which strip spaces around them or match whole words only`);
  const { tokens, types } = tokenList(words, added, vocabSize, refuse);
  const ids = specialIds(files.config, added, ofModel, ends);
  const template = findTemplate(model, files.config)?.source;

  const ggml = (name: string) => `tokenizer.ggml.${name}`;
  const metadata = new Map<string, GgufEntry>([
    ...words.entriesFor(tokens).map(([name, entry]): [string, GgufEntry] => [ggml(name), entry]),
    [ggml('tokens'), { type: 'strings', value: tokens }],
    [ggml('token_type'), { type: 'int32s', value: types }],
  ]);
  // llama.cpp goes by the name.
  if (isPhi3) metadata.set('general.name', { type: 'string', value: 'Phi-3' });
  for (const [name, id] of Object.entries(ids.named))
    if (id !== undefined) metadata.set(ggml(`${name}_token_id`), { type: 'uint32', value: id });
  const before = words.alwaysAddsBos ? ids.named.bos : ends.bos;
  metadata.set(ggml('add_bos_token'), { type: 'bool', value: before !== undefined });
  metadata.set(ggml('add_eos_token'), { type: 'bool', value: ends.eos !== undefined });
  if (template !== undefined) metadata.set('tokenizer.chat_template', { type: 'string', value: template });

  const notes = [...words.notes, ...(isPhi3 ? [ASCII_SPACES] : [])];
  if (ids.named.eos === undefined && vocabSize > DEFAULT_EOS)
    notes.push(`The model has no end-of-sequence token, so llama.cpp takes "${tokens[DEFAULT_EOS]}" as one.`);
  return {
    metadata,
    otherStops: ids.otherEnds.map((id) => tokens[id]!),
    textBefore: before === undefined ? '' : tokens[before]!,
    template,
    notes,
  };
}

function byteLevelWords(json: Record<string, unknown>, refuse: (reason: string) => never): GgufPieces {
  const { split, vocabulary, merges, notes } = byteLevelVocabulary(json, refuse);
  return {
    vocabulary,
    notes,
    isPiece: () => false,
    alwaysAddsBos: false,
    typeOf: () => TOKEN_TYPES.normal,
    entriesFor: () => [
      ['model', { type: 'string', value: 'gpt2' }],
      ['pre', { type: 'string', value: split }],
      ['merges', { type: 'strings', value: merges }],
    ],
  };
}

const ASCII_SPACES = 'Behind a special token, llama.cpp skips no spaces beyond ASCII, such as U+00A0.';

/** What llama.cpp takes for EOS where the file does not say: GPT-2's in some old file. */
const DEFAULT_EOS = 11;

/** A name and a kind for each row of the embedding. */
function tokenList(
  { vocabulary, typeOf, isPiece }: GgufPieces,
  added: AddedToken[],
  size: number,
  refuse: (reason: string) => never,
): { tokens: string[]; types: number[] } {
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const types = Array<number>(size).fill(TOKEN_TYPES.unused);
  const put = (content: string, id: number, type: number) => {
    if (id >= size) refuse(`the token "${content}" has the id ${id}, but the model has ${size} tokens`);
    tokens[id] = content;
    types[id] = type;
  };
  for (const [token, id] of vocabulary) put(token, id, typeOf(token));
  for (const { id, content, special } of added)
    if (types[id] !== TOKEN_TYPES.unknown && !isPiece(content))
      put(content, id, special ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined);
  return { tokens, types };
}

/** By llama.cpp's names. Three of them end a completion: a document, a turn, a message. */
function specialIds(
  config: Record<string, unknown>,
  added: AddedToken[],
  ofModel: Pick<ModelConfig, 'bosTokenId' | 'eosTokenIds' | 'padTokenId'>,
  ends: Ends,
) {
  const tokens = namedTokens(config);
  const idOf = (name: string): number | undefined =>
    tokens[name] === undefined ? undefined : added.find(({ content }) => content === tokens[name])?.id;
  const eos = ends.eos ?? idOf('eos_token') ?? ofModel.eosTokenIds[0];
  const [eot, eom, ...otherEnds] = ofModel.eosTokenIds.filter((id) => id !== eos);
  const bos = ends.bos ?? idOf('bos_token') ?? ofModel.bosTokenId;
  const named = { bos, eos, eot, eom, unknown: idOf('unk_token'), padding: idOf('pad_token') ?? ofModel.padTokenId };
  return { named, otherEnds };
}

interface Ends {
  bos?: number;
  eos?: number;
}

/** What the tokenizer puts before and behind every text. */
function endsOf(tokenizer: Tokenizer, refuse: (reason: string) => never): Ends {
  const text = tokenizer.encode('a', { addSpecialTokens: false });
  const all = tokenizer.encode('a');
  const at = all.findIndex((_, start) => text.every((id, index) => all[start + index] === id));
  const [before, behind] = [all.slice(0, at), all.slice(at + text.length)];
  if (before.length > 1 || behind.length > 1) refuse('it puts more than one token before or behind every text');
  return { ...(before.length > 0 && { bos: before[0]! }), ...(behind.length > 0 && { eos: behind[0]! }) };
}
