import type { ModelConfig } from '../model/config.ts';
import { PromptRefused } from '../model/tokenizer/chat-template.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { Prompt } from '../protocol/rewards.ts';
import type { DatasetRow } from './dataset.ts';

/** A dataset row as the model sees it. */
export interface EncodedPrompt {
  prompt: Prompt;
  /** The prompt's text, a chat as its template writes it out; not always known of a recorded prompt. */
  text?: string;
  ids: number[];
  /** The dataset's other columns. */
  columns: Record<string, unknown>;
}

export interface PromptLimits {
  model: ModelConfig;
  maxCompletionLength: number;
  /** Further variables for the chat template. */
  templateVariables: Record<string, unknown>;
}

/** Tokenizes a dataset's prompts; throws BadInput at the row whose prompt leaves no room for a completion. */
export function encodePrompts(
  rows: DatasetRow[],
  file: string,
  tokenizer: Tokenizer,
  limits: PromptLimits,
): EncodedPrompt[] {
  const { model, maxCompletionLength, templateVariables } = limits;
  return rows.map(({ prompt, columns, line }) => {
    const at = { file, line };
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

/** Renders a prompt of the user's; where the chat template refuses it, the error is at the prompt. */
export function refusedAt<T>(at: SourceLocation, render: () => T): T {
  try {
    return render();
  } catch (error) {
    throw error instanceof PromptRefused ? new BadInput(error.problem.message, at) : error;
  }
}
