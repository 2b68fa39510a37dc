import { isDeepStrictEqual } from 'node:util';
import { BadInput } from '../../protocol/errors.ts';
import { WORD_SPLITS } from '../files/gguf-words.ts';
import { modelFilePath } from '../files/model-files.ts';
import { essentials, partOf } from './tokenizer-parts.ts';

type Json = Record<string, unknown>;

/**
 * tokenizer_config.json with the token for padding that tokenizer.json names, where the first does not. Throws BadInput for an option that would make
 * other tokens or texts than the two files say.
 *
 * Source: `TokenizersBackend.__init__` and `_decode` of transformers 5.23.
 */
export function withOptions(model: string, json: Json, config: Json): Json {
  const refused = Object.entries(REFUSED).find(([name, { when }]) => config[name] === true && when(json));
  if (refused) {
    const file = modelFilePath(model, 'tokenizer_config.json');
    throw new BadInput(`"${refused[0]}" is not supported: ${refused[1].why}; remove it if that is not meant`, { file });
  }
  const { pad_token } = partOf(json.padding);
  return 'pad_token' in config || typeof pad_token !== 'string' ? config : { ...config, pad_token };
}

/** Options that are refused where they are true: in which tokenizers, and what they do there. */
const REFUSED: Readonly<Record<string, { when: (json: Json) => boolean; why: string }>> = {
  split_special_tokens: { when: () => true, why: 'special tokens in texts would be taken for text' },
  clean_up_tokenization_spaces: {
    when: ({ model }) => (partOf(model).type ?? 'BPE') !== 'BPE',
    why: 'spaces before punctuation would be removed from completions',
  },
  clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: {
    when: () => true,
    why: 'with "clean_up_tokenization_spaces", spaces before punctuation would be removed from completions',
  },
  fix_mistral_regex: {
    when: ({ model, pre_tokenizer }) =>
      Object.keys(partOf(partOf(model).vocab)).length > 100_000 &&
      !isDeepStrictEqual(essentials(pre_tokenizer)[0], essentials(WORD_SPLITS.tekken!.pieces[0])[0]),
    why: "transformers would cut texts into words by another rule than tokenizer.json's",
  },
};
