import { BadInput } from '../../protocol/errors.ts';
import { type Gguf, metadataList } from './gguf.ts';
import { ggufPieces, SENTENCE_PIECE_KINDS } from './gguf-sentencepiece.ts';
import { byteLevel, TOKEN_TYPES, WORD_SPLIT_ALIASES, WORD_SPLITS, type WordSplit } from './gguf-words.ts';

/**
 * `tokenizer.json` out of a file's metadata: byte-level BPE, as Llama 3, SmolLM, Qwen and GPT-2 have it, or a SentencePiece BPE, as Gemma, Phi-3
 * and Llama 2.
 */
export function ggufTokenizer(gguf: Gguf): Record<string, unknown> {
  const isPieces = SENTENCE_PIECE_KINDS.includes(String(gguf.metadata.get('tokenizer.ggml.model')));
  return { version: '1.0', truncation: null, padding: null, ...(isPieces ? pieceParts(gguf) : byteLevelParts(gguf)) };
}

function byteLevelParts(gguf: Gguf) {
  const { file } = gguf;
  const split = splitOf(gguf);
  const tokens = list(gguf, 'tokens') as string[];
  const types = (gguf.metadata.has('tokenizer.ggml.token_type') ? list(gguf, 'token_type') : []) as number[];
  const merges = list(gguf, 'merges') as string[];
  const added = { bos: tokenToAdd(gguf, 'bos', tokens, split.addsBos), eos: tokenToAdd(gguf, 'eos', tokens, false) };
  if (merges.some((merge) => typeof merge !== 'string' || merge.indexOf(' ', 1) < 0)) {
    throw new BadInput('"tokenizer.ggml.merges" has an entry that is not two tokens; convert the model again', {
      file,
    });
  }
  return {
    added_tokens: tokens.flatMap((content, id) =>
      types[id] === TOKEN_TYPES.control || types[id] === TOKEN_TYPES.userDefined
        ? [addedToken(id, content, types[id] === TOKEN_TYPES.control)]
        : [],
    ),
    normalizer: split.normalizer,
    pre_tokenizer: { type: 'Sequence', pretokenizers: split.pieces },
    post_processor: added.bos || added.eos ? endsTemplate(tokens, added.bos, added.eos) : byteLevel(true),
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
        tokens.map((token, id) => [token, id] as const).filter(([, id]) => types[id] !== TOKEN_TYPES.unused),
      ),
      // A token may begin with a space, but not with two.
      merges: merges.map((merge) => {
        const space = merge.indexOf(' ', 1);
        return [merge.slice(0, space), merge.slice(space + 1)];
      }),
    },
  };
}

function pieceParts(gguf: Gguf) {
  const { rules, model, tokens, stripsRight } = ggufPieces(gguf);
  const stored = list(gguf, 'tokens') as string[];
  const types = list(gguf, 'token_type') as number[];
  // Gemma 4's template writes BOS itself; llama.cpp adds one nevertheless, transformers none.
  const isGemma4 = gguf.metadata.get('tokenizer.ggml.model') === 'gemma4';
  const bos = isGemma4 ? undefined : tokenToAdd(gguf, 'bos', tokens, true);
  const eos = tokenToAdd(gguf, 'eos', tokens, false);
  return {
    added_tokens: tokens.flatMap((content, id) => {
      const special = types[id] === TOKEN_TYPES.control || types[id] === TOKEN_TYPES.unknown;
      // What the model spells otherwise is found by merging.
      if (!special && (types[id] !== TOKEN_TYPES.userDefined || content !== stored[id])) return [];
      return [{ ...addedToken(id, content, special), rstrip: stripsRight(content) }];
    }),
    ...rules,
    post_processor: bos || eos ? endsTemplate(tokens, bos, eos) : null,
    model,
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
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...Object.fromEntries(special),
    clean_up_tokenization_spaces: false,
    model_max_length: metadata.get(`${metadata.get('general.architecture')}.context_length`),
    ...chatTemplates(metadata),
  };
}

/** One template, or several by name, of which the one without a name is the default. */
function chatTemplates(metadata: Gguf['metadata']): { chat_template?: unknown } {
  const key = 'tokenizer.chat_template';
  const own = metadata.get(key);
  const named = [...metadata]
    .filter(([name]) => name.startsWith(`${key}.`))
    .map(([name, template]) => ({ name: name.slice(key.length + 1), template }));
  if (named.length > 0) {
    return { chat_template: [...(own === undefined ? [] : [{ name: 'default', template: own }]), ...named] };
  }
  return own === undefined ? {} : { chat_template: own };
}

function splitOf({ file, metadata }: Gguf): WordSplit {
  const model = metadata.get('tokenizer.ggml.model');
  const pre = metadata.get('tokenizer.ggml.pre');
  if (model !== 'gpt2') {
    const message = `the tokenizer is of the kind "${model}", but from GGUF files only byte-level BPE ("gpt2") and SentencePiece BPE ("llama", "gemma4") are supported; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file });
  }
  const split = WORD_SPLITS[WORD_SPLIT_ALIASES[String(pre)] ?? String(pre)];
  if (!split) {
    const known = Object.keys(WORD_SPLITS).join(', ');
    const message = `the tokenizer splits words as "${pre}", but from GGUF files only ${known} are supported; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file });
  }
  return split;
}

const list = (gguf: Gguf, name: string): unknown[] => metadataList(gguf, `tokenizer.ggml.${name}`);

/** A token at one end of every text, where the file, or else `byDefault`, asks for it. */
function tokenToAdd({ metadata, file }: Gguf, name: 'bos' | 'eos', tokens: string[], byDefault: boolean) {
  if (!(metadata.get(`tokenizer.ggml.add_${name}_token`) ?? byDefault)) return undefined;
  const id = metadata.get(`tokenizer.ggml.${name}_token_id`);
  const content = typeof id === 'number' ? tokens[id] : undefined;
  if (content !== undefined) return content;
  if (!metadata.has(`tokenizer.ggml.add_${name}_token`)) return undefined;
  const message = `"tokenizer.ggml.add_${name}_token" is true, but "tokenizer.ggml.${name}_token_id" names no token; convert the model again`;
  throw new BadInput(message, { file });
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

/** Puts BOS in front, EOS behind. */
function endsTemplate(tokens: string[], bos: string | undefined, eos: string | undefined) {
  const special = (token: string | undefined) =>
    token === undefined ? [] : [{ SpecialToken: { id: token, type_id: 0 } }];
  const text = (name: 'A' | 'B', type: number) => ({ Sequence: { id: name, type_id: type } });
  const ends = [bos, eos].filter((token) => token !== undefined);
  return {
    type: 'TemplateProcessing',
    single: [...special(bos), text('A', 0), ...special(eos)],
    pair: [...special(bos), text('A', 0), text('B', 1), ...special(eos)],
    special_tokens: Object.fromEntries(
      ends.map((token) => [token, { id: token, ids: [tokens.indexOf(token)], tokens: [token] }]),
    ),
  };
}
