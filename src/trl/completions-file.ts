import { readPrompt } from '../data/read-prompt.ts';
import { type RawRow, readRows } from '../data/readers/read-rows.ts';
import { BadInput } from '../protocol/errors.ts';
import type { Prompt } from '../protocol/rewards.ts';

/** A row of TRL's `completions_*.parquet`. */
export interface LoggedCompletion {
  prompt: Prompt;
  completion: string;
  advantage: number;
  /** The other columns: a number or null of each reward function, and what rewards gave `log_extra`. */
  others: Record<string, unknown>;
}

const FIELDS = new Set(['step', 'prompt', 'completion', 'advantage', '__index_level_0__']);

/** Reads the rows in the order in which they were sampled. Throws BadInput for a file that TRL's trainer did not write, or that is not whole yet. */
export async function readCompletionsFile(file: string): Promise<LoggedCompletion[]> {
  return (await readRows([file], { what: 'completions file' })).map(toCompletion);
}

function toCompletion({ value, at }: RawRow): LoggedCompletion {
  const { advantage } = value;
  if (!('completion' in value) || !('advantage' in value))
    throw new BadInput('This file has no columns "completion" and "advantage", which TRL\'s GRPOTrainer writes.', at);
  const others = Object.entries(value).filter(([name]) => !FIELDS.has(name));
  return {
    prompt: readPrompt(value.prompt, 'prompt', at),
    completion: completionText(value.completion),
    advantage: typeof advantage === 'number' ? advantage : 0,
    others: Object.fromEntries(others),
  };
}

/** Of chats, a completion is a list of messages: the model's, and those of tools between them. */
function completionText(completion: unknown): string {
  if (typeof completion === 'string') return completion;
  if (!Array.isArray(completion)) return '';
  return completion.map((message: { content?: unknown } | null) => contentText(message?.content)).join('');
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : '')).join('');
}
