import { BadInput } from '../../protocol/errors.ts';
import { GEMMA_RULES, llamaRules, type PieceRules } from '../files/gguf-sentencepiece.ts';
import { byteLevel, WORD_SPLITS } from '../files/gguf-words.ts';
import { modelFilePath } from '../files/model-files.ts';
import { isDecidedByType, type RebuildingClass } from '../files/tokenizer-class.ts';
import { namedTokens, withSpecialOnly } from './added-tokens.ts';
import { partOf } from './tokenizer-parts.ts';

type Json = Record<string, unknown>;

/** How one of transformers' classes makes a tokenizer: of tokenizer.json it takes the vocabulary, the merges and the post-processor. */
interface Class {
  /** Names that special tokens have where tokenizer_config.json gives them none; one with null has none there. */
  names: Readonly<Record<string, string | null>>;
  rules: (config: Json) => PieceRules;
  /** Tokens are pieces of text, with bytes for the rest, or else all made of bytes. */
  isPieces?: boolean;
  /** Whether text that no token covers becomes the unknown token. */
  hasUnknown?: boolean;
  /** Adds nothing to a text, whatever tokenizer.json says. */
  addsNothing?: boolean;
  /** Whether it adds its special tokens once more, with no other flag, whatever the files say of them. */
  resetsSpecial?: boolean;
}

/** A word split of GGUF's with tokenizer_config.json's `add_prefix_space`, which puts a space before each word here. */
function wordRules({ normalizer, pieces }: Pick<(typeof WORD_SPLITS)[string], 'normalizer' | 'pieces'>, config: Json) {
  const add_prefix_space = Boolean(config.add_prefix_space);
  const pretokenizers = pieces.map((piece) => ('add_prefix_space' in piece ? { ...piece, add_prefix_space } : piece));
  return { normalizer, pre_tokenizer: { type: 'Sequence', pretokenizers }, decoder: byteLevel(true) };
}

const QWEN_NAMES = {
  unk_token: '<|endoftext|>',
  bos_token: null,
  eos_token: '<|endoftext|>',
  pad_token: '<|endoftext|>',
};
const GPT2_NAMES = { unk_token: '<|endoftext|>', bos_token: '<|endoftext|>', eos_token: '<|endoftext|>' };
const GEMMA_NAMES = { eos_token: '<eos>', pad_token: '<pad>', mask_token: '<mask>' };

/** Source: the `__init__` of each, in `models/NAME/tokenization_NAME.py` of transformers 5.23. */
const CLASSES: Readonly<Record<RebuildingClass, Class>> = {
  LlamaTokenizer: {
    names: { unk_token: '<unk>', bos_token: '<s>', eos_token: '</s>' },
    rules: ({ add_prefix_space, legacy }) => llamaRules(Boolean(add_prefix_space ?? true), Boolean(legacy)),
    isPieces: true,
  },
  GemmaTokenizer: {
    names: { unk_token: '<unk>', bos_token: '<bos>', ...GEMMA_NAMES },
    rules: () => GEMMA_RULES,
    isPieces: true,
    hasUnknown: true,
  },
  Qwen2Tokenizer: {
    names: QWEN_NAMES,
    rules: (config) => wordRules(WORD_SPLITS.qwen2!, config),
    resetsSpecial: true,
  },
  Qwen3_5Tokenizer: { names: QWEN_NAMES, rules: (config) => wordRules(WORD_SPLITS.qwen35!, config) },
  GPT2Tokenizer: {
    names: { ...GPT2_NAMES, pad_token: null },
    rules: (config) => wordRules(WORD_SPLITS['gpt-2']!, config),
  },
  GPTNeoXTokenizer: {
    names: { ...GPT2_NAMES, pad_token: '<|padding|>' },
    rules: (config) => wordRules({ normalizer: { type: 'NFC' }, pieces: [byteLevel(true)] }, config),
    addsNothing: true,
  },
};

/** tokenizer_config.json with the names of special tokens that it leaves to the class. */
export const withClassNames = (config: Json, name: RebuildingClass): Json => ({ ...CLASSES[name].names, ...config });

/** The tokenizer.json with all its added tokens, with the flags that the class gives to special ones. */
export const withClassFlags = (json: Json, config: Json, name: RebuildingClass): Json =>
  CLASSES[name].resetsSpecial ? withSpecialOnly(json, config) : json;

/** The tokenizer.json, but for its added tokens, that the class makes of this one; `config` has all names. */
export function rebuilt(json: Json, config: Json, name: RebuildingClass, model: string): Json {
  const fail = (message: string, file: 'tokenizer.json' | 'tokenizer_config.json' = 'tokenizer_config.json'): never => {
    throw new BadInput(message, { file: modelFilePath(model, file) });
  };
  const { type = 'BPE', vocab, merges } = partOf(json.model);
  if (type !== 'BPE' || typeof vocab !== 'object' || Array.isArray(vocab)) {
    const remedy = isDecidedByType(model)
      ? 'use a BPE tokenizer, or another "model_type" in config.json, which decides the class here'
      : 'set "tokenizer_class" in tokenizer_config.json to "PreTrainedTokenizerFast"';
    const message = `transformers makes a ${name} of this tokenizer, which is a BPE, but "model" is of the kind "${String(type)}"; ${remedy}`;
    return fail(message, 'tokenizer.json');
  }
  const { rules, isPieces = false, hasUnknown = false, addsNothing = false } = CLASSES[name];
  const { add_prefix_space: space = false } = config;
  if (!isPieces && typeof space !== 'boolean' && !(space === null && name.startsWith('Qwen')))
    fail(
      `a ${name} takes true or false as "add_prefix_space", not ${JSON.stringify(space)}; set it to false if words should get no space`,
    );
  // The class makes a text of the name, whatever it is.
  const unknown = namedTokens(config).unk_token ?? 'None';
  const tokens = vocab as Json;
  if (hasUnknown && !Object.hasOwn(tokens, unknown) && !Object.hasOwn(tokens, '<0x00>'))
    fail(
      `the vocabulary in tokenizer.json has neither bytes nor the unknown token "${unknown}", which a ${name} needs; set "unk_token" to a token that it has`,
    );
  return {
    ...json,
    ...rules(config),
    ...(addsNothing && { post_processor: null }),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: hasUnknown ? unknown : null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: isPieces,
      byte_fallback: isPieces,
      ignore_merges: false,
      vocab,
      merges: merges ?? [],
    },
  };
}
