import { isDeepStrictEqual } from 'node:util';
import { BadInput } from '../../protocol/errors.ts';
import { WORD_SPLITS } from '../files/gguf-words.ts';
import { modelFilePath } from '../files/model-files.ts';
import { essentials, partOf } from './tokenizer-parts.ts';

type Json = Record<string, unknown>;

/**
 * What tokenizer_config.json changes in every class: nothing that is followed here but the token for padding, which tokenizer.json names where the
 * other does not. Throws BadInput for what would make other tokens or texts.
 *
 * Source: `TokenizersBackend.__init__` and `_decode` of transformers 5.23.
 */
export function withOptions(model: string, json: Json, config: Json): { json: Json; config: Json } {
  const refused = Object.entries(REFUSED).find(([name, { when }]) => config[name] === true && when(json));
  if (refused) {
    const file = modelFilePath(model, 'tokenizer_config.json');
    throw new BadInput(`"${refused[0]}" is not supported: ${refused[1].why}; remove it if that is not meant`, { file });
  }
  const { pad_token } = partOf(json.padding);
  return { json, config: 'pad_token' in config || typeof pad_token !== 'string' ? config : { ...config, pad_token } };
}

const isBpe = (json: Json): boolean => partOf(json.model).type === 'BPE';
const REFUSED: Readonly<Record<string, { when: (json: Json) => boolean; why: string }>> = {
  split_special_tokens: { when: () => true, why: 'special tokens in texts would be taken for text' },
  clean_up_tokenization_spaces: {
    when: (json) => !isBpe(json),
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
