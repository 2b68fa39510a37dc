import { readPrompt } from '../data/read-prompt.ts';
import { readTokenIds } from '../data/token-ids.ts';
import type { JsonLine } from '../files/json-lines.ts';
import type { ModelConfig } from '../model/config.ts';
import { contextInWords } from '../model/context.ts';
import { checkPromptLength } from '../model/prompt-length.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { Prompt } from '../protocol/rewards.ts';

/** A prompt for the model, and where it comes from. */
export interface PromptRow {
  /** As the row has it; decoded where the row has ids only. */
  prompt: Prompt;
  promptIds: number[];
  /** Undefined for a prompt from the command line. */
  at: SourceLocation | undefined;
}

/** The model that reads the rows. */
interface ReadBy {
  tokenizer: Tokenizer;
  config: ModelConfig;
}

/** Reads a row's `prompt_ids`, else its `prompt`, which is tokenized as for training. */
export function readPromptRow({ value, line }: JsonLine, file: string, { tokenizer, config }: ReadBy): PromptRow {
  const at = { file, line };
  const room = { tokens: config.maxPositionEmbeddings, at };
  const ids = readTokenIds(value, 'prompt_ids', at);
  const text = value.prompt === undefined && ids ? tokenizer.decode(ids) : readPrompt(value.prompt, 'prompt', at);
  const promptIds = ids ?? refusedAt(at, () => tokenizer.encodePrompt(text, { room }).ids);
  return { prompt: text, promptIds, at };
}

/** Reads a row's `completion_ids`, else its `completion`, which is tokenized alone and without special tokens added. */
export function readCompletionIds({ value, line }: JsonLine, file: string, { tokenizer, config }: ReadBy): number[] {
  const at = { file, line };
  const ids = readTokenIds(value, 'completion_ids', at);
  if (ids) return ids;
  if (typeof value.completion !== 'string')
    throw new BadInput('This row has neither a "completion" (a text) nor "completion_ids".', at);
  const room = { tokens: config.maxPositionEmbeddings, at };
  return tokenizer.encode(value.completion, { addSpecialTokens: false, room });
}

/** Throws BadInput when the model cannot take a prompt with `more` tokens behind it. */
export function checkFits({ promptIds, at }: PromptRow, more: number, what: string, model: ModelConfig): void {
  if (promptIds.length === 0) throw new BadInput('The prompt has no tokens; give it some text.', at);
  checkPromptLength(model, promptIds.length, at);
  if (promptIds.length + more > model.maxPositionEmbeddings)
    throw new BadInput(
      `The prompt's ${promptIds.length} tokens and ${what} exceed the model's context of ${contextInWords(model)}; shorten them.`,
      at,
    );
}

/** Throws BadInput when the model has no such token. */
export function checkKnown(ids: readonly number[], model: ModelConfig, at: SourceLocation | undefined): void {
  const unknown = ids.find((id) => id >= model.vocabSize);
  if (unknown !== undefined)
    throw new BadInput(`Token id ${unknown} is outside the model's vocabulary of ${model.vocabSize} tokens.`, at);
}
