/** How a text is cut into words before the byte pairs of each are merged: as the model's own tokenizer.json has it. */
export interface WordSplit {
  normalizer: object | null;
  pieces: object[];
  /** A word that is a token as a whole is not built up from its parts. */
  ignoreMerges: boolean;
  /** Whether BOS is added where the file does not say. */
  addsBos: boolean;
  /** Where llama.cpp itself cuts otherwise, in a sentence. */
  differs?: string;
}

export const byteLevel = (useRegex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

/** The words of Llama 3 and Qwen, which differ in how many digits they take together. */
const words = (digits: string) => [
  {
    type: 'Split',
    pattern: {
      Regex: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
    },
    behavior: 'Isolated',
    invert: false,
  },
  byteLevel(false),
];

const plain = { normalizer: null, ignoreMerges: false, addsBos: false };
/** By llama.cpp's names, `tokenizer.ggml.pre`. */
export const WORD_SPLITS: Record<string, WordSplit> = {
  'gpt-2': { ...plain, pieces: [byteLevel(true)] },
  smollm: {
    ...plain,
    pieces: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
    differs: 'llama.cpp splits off each fraction, superscript and digit of other scripts, such as ½ or ².',
  },
  // Named after the first model that had Llama 3's words and built all of them up from their parts.
  'smaug-bpe': { ...plain, pieces: words('{1,3}') },
  'llama-bpe': { normalizer: null, pieces: words('{1,3}'), ignoreMerges: true, addsBos: true },
  qwen2: {
    ...plain,
    normalizer: { type: 'NFC' },
    pieces: words(''),
    differs: 'llama.cpp does not normalize texts to Unicode NFC, which composes letters and accents.',
  },
};
/** Other names of the same. */
export const WORD_SPLIT_ALIASES: Record<string, string> = {
  llama3: 'llama-bpe',
  'llama-v3': 'llama-bpe',
  // Granite's and OLMo 2's.
  refact: 'smollm',
  dbrx: 'smaug-bpe',
  'deepseek-r1-qwen': 'qwen2',
};

/** llama.cpp's kinds of tokens, by number. */
export const TOKEN_TYPES = { normal: 1, control: 3, userDefined: 4, unused: 5 };
