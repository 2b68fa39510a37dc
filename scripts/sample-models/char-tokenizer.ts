/** Ids of the special tokens; the characters follow in the order given. */
export const PAD_ID = 0;
export const EOS_ID = 1;
export const UNKNOWN_ID = 2;

/**
 * A tokenizer with one token per character, as the two files of a Hugging Face folder: small models spell, so nothing is gained
 * by longer tokens. It is byte-pair encoding without a single merge, which Python's tokenizers and @huggingface/tokenizers
 * both split into characters; a character that is not listed becomes `<unk>`. `words` are texts that are one token each, wherever they are.
 */
export function charTokenizerFiles(
  characters: string,
  words: readonly string[] = [],
): {
  tokenizerJson: Record<string, unknown>;
  tokenizerConfig: Record<string, unknown>;
} {
  const special = ['<pad>', '<eos>', '<unk>'];
  const tokens = [...special, ...new Set(characters), ...words];
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [...special, ...words].map((content) => ({
        id: tokens.indexOf(content),
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: special.includes(content),
      })),
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: '<unk>',
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: [],
      },
    },
    tokenizerConfig: {
      // Under a model's own class (LlamaTokenizer), transformers would rebuild the tokenizer its own way.
      tokenizer_class: 'PreTrainedTokenizerFast',
      pad_token: '<pad>',
      eos_token: '<eos>',
      unk_token: '<unk>',
      padding_side: 'left',
      clean_up_tokenization_spaces: false,
    },
  };
}
