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

/** Words are what this finds, one after another. */
const found = (Regex: string) => [
  { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
  byteLevel(false),
];

/** The words of Llama 3 and Qwen, which differ in how many digits they take together, and Qwen 3.5 in that it takes accents for letters. */
const words = (digits: string, letter = '\\p{L}', letters = letter) =>
  found(
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?${letter}+|\\p{N}${digits}| ?[^\\s${letters}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );

/** Those of GPT-4o and Tekken: capitals, then small letters, and in GPT-4o an ending. They differ in digits too. */
const ENDING = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
const [CAPITAL, SMALL] = ['[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]', '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'];
const capitalizedWords = (ending: string, digits: string) => {
  const word = (capitals: string, small: string) =>
    `[^\\r\\n\\p{L}\\p{N}]?${CAPITAL}${capitals}${SMALL}${small}${ending}`;
  return found(
    `${word('*', '+')}|${word('+', '*')}|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );
};

const NOT_COMPOSED = 'llama.cpp does not normalize texts to Unicode NFC, which composes letters and accents.';
const CAPITALS_OF_ASCII =
  'llama.cpp begins no word with a capital letter outside of ASCII that follows small ones, and takes accents that are characters of their own for punctuation.';
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
    differs: NOT_COMPOSED,
  },
  qwen35: {
    ...plain,
    normalizer: { type: 'NFC' },
    pieces: words('', '[\\p{L}\\p{M}]', '\\p{L}\\p{M}'),
    differs: NOT_COMPOSED,
  },
  // Phi-4-mini's.
  'gpt-4o': {
    ...plain,
    pieces: capitalizedWords(ENDING, '{1,3}'),
    differs: CAPITALS_OF_ASCII,
  },
  // Mistral's since 2024.
  tekken: {
    ...plain,
    pieces: capitalizedWords('', ''),
    ignoreMerges: true,
    addsBos: true,
    differs: CAPITALS_OF_ASCII,
  },
};
/** Other names of the same. */
export const WORD_SPLIT_ALIASES: Record<string, string> = {
  llama3: 'llama-bpe',
  'llama-v3': 'llama-bpe',
  lfm2: 'llama-bpe',
  // Granite's and OLMo 2's.
  refact: 'smollm',
  dbrx: 'smaug-bpe',
  'deepseek-r1-qwen': 'qwen2',
};

/** llama.cpp's kinds of tokens, by number. */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };
