import { BadInput } from '../protocol/errors.ts';
import type { Gguf } from './gguf.ts';

/** How a text is cut into words before the byte pairs of each are merged: as the model's own tokenizer.json has it. */
interface WordSplit {
  normalizer: object | null;
  pieces: object[];
  /** A word that is a token as a whole is not built up from its parts. */
  ignoreMerges: boolean;
  /** Whether BOS is added where the file does not say. */
  addsBos: boolean;
}

const byteLevel = (useRegex: boolean) => ({
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
const SPLITS: Record<string, WordSplit> = {
  'gpt-2': { ...plain, pieces: [byteLevel(true)] },
  smollm: { ...plain, pieces: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] },
  'llama-bpe': { normalizer: null, pieces: words('{1,3}'), ignoreMerges: true, addsBos: true },
  qwen2: { ...plain, normalizer: { type: 'NFC' }, pieces: words('') },
};
/** Other names of the same. */
const ALIASES: Record<string, string> = {
  llama3: 'llama-bpe',
  'llama-v3': 'llama-bpe',
  'deepseek-r1-qwen': 'qwen2',
};

/** llama.cpp's kinds of tokens, by number. */
const [CONTROL, USER_DEFINED, UNUSED] = [3, 4, 5];

/** `tokenizer.json` out of a file's metadata: byte-level BPE, as Llama 3, SmolLM, Qwen and GPT-2 have it. */
export function ggufTokenizer(gguf: Gguf): Record<string, unknown> {
  const { file } = gguf;
  const split = splitOf(gguf);
  const tokens = list(gguf, 'tokens') as string[];
  const types = (gguf.metadata.has('tokenizer.ggml.token_type') ? list(gguf, 'token_type') : []) as number[];
  const merges = list(gguf, 'merges') as string[];
  const bos = bosTokenToAdd(gguf, split, tokens);
  if (merges.some((merge) => typeof merge !== 'string' || merge.indexOf(' ', 1) < 0)) {
    throw new BadInput('"tokenizer.ggml.merges" has an entry that is not two tokens; convert the model again', {
      file,
    });
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: tokens.flatMap((content, id) =>
      types[id] === CONTROL || types[id] === USER_DEFINED ? [addedToken(id, content, types[id] === CONTROL)] : [],
    ),
    normalizer: split.normalizer,
    pre_tokenizer: { type: 'Sequence', pretokenizers: split.pieces },
    post_processor: bos === undefined ? byteLevel(true) : bosTemplate(bos.id, bos.content),
    decoder: byteLevel(true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: split.ignoreMerges,
      // The embedding's padding rows have made-up names: no text has them.
      vocab: Object.fromEntries(
        tokens.map((token, id) => [token, id] as const).filter(([, id]) => types[id] !== UNUSED),
      ),
      // A token may begin with a space, but not with two.
      merges: merges.map((merge) => {
        const space = merge.indexOf(' ', 1);
        return [merge.slice(0, space), merge.slice(space + 1)];
      }),
    },
  };
}

/** `tokenizer_config.json`: the special tokens by name, and the chat template. */
export function ggufTokenizerConfig(gguf: Gguf): Record<string, unknown> {
  const { metadata } = gguf;
  const tokens = list(gguf, 'tokens');
  const names = { bos_token: 'bos', eos_token: 'eos', unk_token: 'unknown', pad_token: 'padding' };
  const special = Object.entries(names).map(([field, name]) => {
    const id = metadata.get(`tokenizer.ggml.${name}_token_id`);
    return [field, typeof id === 'number' ? (tokens[id] ?? null) : null] as const;
  });
  const template = metadata.get('tokenizer.chat_template');
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...Object.fromEntries(special),
    clean_up_tokenization_spaces: false,
    model_max_length: metadata.get(`${metadata.get('general.architecture')}.context_length`),
    ...(template !== undefined && { chat_template: template }),
  };
}

function splitOf({ file, metadata }: Gguf): WordSplit {
  const model = metadata.get('tokenizer.ggml.model');
  const pre = metadata.get('tokenizer.ggml.pre');
  if (model !== 'gpt2') {
    const message = `the tokenizer is of the kind "${model}", but from GGUF files only byte-level BPE ("gpt2") is supported; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file });
  }
  const split = SPLITS[ALIASES[String(pre)] ?? String(pre)];
  if (!split) {
    const known = Object.keys(SPLITS).join(', ');
    const message = `the tokenizer splits words as "${pre}", but from GGUF files only ${known} are supported; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file });
  }
  return split;
}

function list({ file, metadata }: Gguf, name: string): unknown[] {
  const value = metadata.get(`tokenizer.ggml.${name}`);
  if (typeof value === 'function') return value();
  throw new BadInput(`the metadata has no list "tokenizer.ggml.${name}"; convert the model again`, { file });
}

function bosTokenToAdd({ metadata }: Gguf, { addsBos }: WordSplit, tokens: string[]) {
  const id = metadata.get('tokenizer.ggml.bos_token_id');
  const adds = metadata.get('tokenizer.ggml.add_bos_token') ?? addsBos;
  if (!adds || typeof id !== 'number' || tokens[id] === undefined) return undefined;
  return { id, content: tokens[id] };
}

const addedToken = (id: number, content: string, special: boolean) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special,
});

/** Puts BOS in front. */
function bosTemplate(id: number, content: string) {
  const bos = { SpecialToken: { id: content, type_id: 0 } };
  const text = (name: 'A' | 'B', type: number) => ({ Sequence: { id: name, type_id: type } });
  return {
    type: 'TemplateProcessing',
    single: [bos, text('A', 0)],
    pair: [bos, text('A', 0), text('B', 1)],
    special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
  };
}
