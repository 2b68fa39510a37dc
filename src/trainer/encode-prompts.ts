import type { DatasetRow } from '../data/dataset.ts';
import type { EncodedPrompt } from '../data/prompts.ts';
import type { ModelConfig } from '../model/config.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput } from '../protocol/errors.ts';

export interface PromptLimits {
  model: ModelConfig;
  maxCompletionLength: number;
  /** Further variables for the chat template. */
  templateVariables: Record<string, unknown>;
}

/** Tokenizes a dataset's prompts; throws BadInput at the row whose prompt leaves no room for a completion. */
export function encodePrompts(rows: DatasetRow[], tokenizer: Tokenizer, limits: PromptLimits): EncodedPrompt[] {
  const { model, maxCompletionLength, templateVariables } = limits;
  return rows.map(({ prompt, columns, at }) => {
    const room = { tokens: model.maxPositionEmbeddings, at };
    const { text, ids } = refusedAt(at, () => tokenizer.encodePrompt(prompt, { variables: templateVariables, room }));
    if (ids.length === 0) throw new BadInput('This prompt has no tokens; give it some text.', at);
    if (ids.length + maxCompletionLength > model.maxPositionEmbeddings) {
      throw new BadInput(
        `This prompt has ${ids.length} tokens, which with maxCompletionLength ${maxCompletionLength} is beyond the model's context of ${model.maxPositionEmbeddings}; shorten it or lower maxCompletionLength.`,
        at,
      );
    }
    const unknown = ids.find((id) => id >= model.vocabSize);
    if (unknown !== undefined) {
      throw new BadInput(
        `The tokenizer gives id ${unknown}, but the model knows ${model.vocabSize} tokens; they do not belong together.`,
        at,
      );
    }
    return { prompt, text, ids, columns };
  });
}

/** The tokens that end a completion: the model's and its tokenizer's. */
export const endTokens = (model: ModelConfig, { eosTokenId }: Tokenizer): number[] =>
  [...new Set([...model.eosTokenIds, eosTokenId])].filter((id) => id !== undefined);
