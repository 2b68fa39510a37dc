import { BadInput } from '../../protocol/errors.ts';
import { type Gguf, metadataList } from './gguf.ts';
import { TOKEN_TYPES } from './gguf-words.ts';
import { sentencePieceMerges } from './sentencepiece-merges.ts';

/** llama.cpp's names for them, `tokenizer.ggml.model`. The second has Gemma's pieces, with merges in the place of scores. */
export const SENTENCE_PIECE_KINDS = ['llama', 'gemma4'];

/** What SentencePiece writes for a space: U+2581. */
export const SPACE = '▁';

/** What of tokenizer.json is the same in all models of a kind: how texts become pieces, and pieces texts. */
export interface PieceRules {
  normalizer: object | null;
  pre_tokenizer: object | null;
  decoder: object;
}

const replace = (from: string, content: string) => ({ type: 'Replace', pattern: { String: from }, content });
const decoder = (stripsSpace: boolean) => ({
  type: 'Sequence',
  decoders: [
    replace(SPACE, ' '),
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(stripsSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ],
});

/** Gemma's: no space is added to a text. */
export const GEMMA_RULES: PieceRules = {
  normalizer: replace(' ', SPACE),
  pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
  decoder: decoder(false),
};

/** Llama 2's: a space comes before a text and before what follows a special token, as in llama.cpp. */
export const LLAMA_RULES: PieceRules = {
  normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, replace(' ', SPACE)] },
  pre_tokenizer: null,
  decoder: decoder(true),
};

/** transformers' for its class LlamaTokenizer: the space comes before the text alone, or `legacy` behind special tokens too, if none is there. */
export const llamaRules = (addsSpace: boolean, legacy: boolean): PieceRules => ({
  normalizer: null,
  pre_tokenizer: {
    type: 'Metaspace',
    replacement: SPACE,
    prepend_scheme: addsSpace ? (legacy ? 'always' : 'first') : 'never',
    split: false,
  },
  decoder: decoder(addsSpace),
});

/** Mistral's since its instructions are marked with special tokens: a space comes before the text alone, if it begins with none. */
export const MISTRAL_RULES = llamaRules(true, false);

/** Llama's where the file asks for no space. */
export const PLAIN_RULES: PieceRules = {
  normalizer: { type: 'Sequence', normalizers: [replace(' ', SPACE)] },
  pre_tokenizer: null,
  decoder: decoder(false),
};

/** The pieces of a SentencePiece tokenizer as tokenizer.json has them. */
export interface Pieces {
  rules: PieceRules;
  model: Record<string, unknown>;
  /** Each piece as it is in `model`; the file spells some otherwise. */
  tokens: string[];
  /** Whether an added token takes the spaces behind it. */
  stripsRight: (token: string) => boolean;
}

/**
 * A SentencePiece BPE out of a file's metadata, as transformers builds it when it opens such a file: the architecture tells whose pieces
 * these are, since the file has nothing else that does.
 *
 * Source: `integrations/gguf/gguf_tokenizer_mapping.py` of transformers 5.23; what strips spaces, `llama_vocab::impl::load` of llama.cpp.
 */
export function ggufPieces(gguf: Gguf): Pieces {
  const { file, metadata } = gguf;
  const stored = metadataList(gguf, 'tokenizer.ggml.tokens') as string[];
  const types = metadataList(gguf, 'tokenizer.ggml.token_type') as number[];
  if (metadata.get('tokenizer.ggml.remove_extra_whitespaces') === true) {
    const message =
      'the tokenizer removes repeated spaces from texts, which is not supported; take the Hugging Face folder of this model';
    throw new BadInput(message, { file });
  }
  const isGemma = /^gemma[234]?$/.test(String(metadata.get('general.architecture')));
  // The converter spells Gemma's runs of spaces as spaces.
  const tokens = isGemma ? stored.map((token) => (isSpaces(token) ? SPACE.repeat(token.length) : token)) : stored;
  const used = tokens.map((token, id) => [token, id] as const).filter(([, id]) => types[id] !== TOKEN_TYPES.unused);
  const vocab = new Map(used);
  checkBytes(vocab, file);
  const unknown = metadata.get('tokenizer.ggml.unknown_token_id') ?? types.indexOf(TOKEN_TYPES.unknown);
  const isPhi3 = metadata.get('general.architecture') === 'phi3' && vocab.has(PHI3_PLACEHOLDER);
  return {
    rules: rulesOf(gguf, isGemma, tokens, types),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: tokens[unknown as number] ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges: mergesOf(gguf, isGemma, used, types),
    },
    tokens,
    stripsRight: isPhi3 ? (token) => !PHI3_STRIPS_NOTHING.includes(token) : () => false,
  };
}

function rulesOf({ metadata }: Gguf, isGemma: boolean, tokens: string[], types: number[]): PieceRules {
  if (isGemma) return GEMMA_RULES;
  if (metadata.get('tokenizer.ggml.add_space_prefix') === false) return PLAIN_RULES;
  return types[tokens.indexOf('[INST]')] === TOKEN_TYPES.control ? MISTRAL_RULES : LLAMA_RULES;
}

function mergesOf(gguf: Gguf, isGemma: boolean, used: (readonly [string, number])[], types: number[]) {
  const { file, metadata } = gguf;
  if (metadata.has('tokenizer.ggml.merges')) return listedMerges(gguf, new Set(used.map(([token]) => token)));
  // Gemma's scores are lost where the converter took a piece for one that a user defined; its merges are in the order of its pieces.
  if (isGemma) return sentencePieceMerges(used.map(([token, id]) => [token, -id]));
  const scores = metadataList(gguf, 'tokenizer.ggml.scores') as number[];
  const merged = used.filter(([token, id]) => types[id] === TOKEN_TYPES.normal && token.length > 1);
  if (merged.length > 1 && merged.every(([, id]) => scores[id] === scores[merged[0]![1]])) {
    const message =
      'all pieces of the tokenizer have the same score, so that nothing tells how they are merged (a converter without tokenizer.model writes such files); take the Hugging Face folder of this model';
    throw new BadInput(message, { file });
  }
  return sentencePieceMerges(used.map(([token, id]) => [token, scores[id] ?? 0]));
}

function listedMerges(gguf: Gguf, known: ReadonlySet<string>): [string, string][] {
  return (metadataList(gguf, 'tokenizer.ggml.merges') as string[]).map((merge) => {
    const [left, right, ...more] = String(merge).split(' ');
    if (more.length === 0 && known.has(left!) && known.has(right!) && known.has(left! + right!)) return [left!, right!];
    const message = `"tokenizer.ggml.merges" has the entry ${JSON.stringify(merge)}, which is not two tokens that make a third; convert the model again`;
    throw new BadInput(message, { file: gguf.file });
  });
}

/** Characters without a piece are written as the bytes of their UTF-8: each byte must have one. */
function checkBytes(vocab: ReadonlyMap<string, number>, file: string): void {
  const missing = BYTES.find((byte) => !vocab.has(byte));
  if (missing === undefined) return;
  throw new BadInput(
    `the tokenizer has no token ${missing}, so that some texts could not be written; take the Hugging Face folder of this model`,
    { file },
  );
}

export const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

const isSpaces = (token: string): boolean => token.includes(' ') && token.trim() === '';

/** Phi-3's added tokens but these take the spaces and lines behind them. The file does not say so: its tokens without a use tell it. */
export const PHI3_STRIPS_NOTHING = ['<unk>', '<s>', '<|endoftext|>'];
export const PHI3_PLACEHOLDER = '<|placeholder1|>';
