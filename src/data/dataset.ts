import { datasetFiles } from '../files/dataset-files.ts';
import type { JsonObject } from '../files/json-lines.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { ChatMessage, ContentPart, Prompt } from '../protocol/rewards.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { withExact } from '../text/exact-json.ts';
import { own } from '../text/own.ts';
import { readRows } from './readers/read-rows.ts';

/** One prompt to train on. */
export interface DatasetRow {
  prompt: Prompt;
  /** All other columns, exactly as they are written; a column that only other rows have is null. They reach the reward functions. */
  columns: Record<string, unknown>;
  at: SourceLocation;
}

/** Names that reward functions get from elsewhere (as in TRL, a dataset's own columns of these names are skipped). */
export const RESERVED = new Set(['prompt', 'prompts', 'completion', 'completions', 'completion_ids']);

/** What of a run config says how a dataset is read. */
export type DatasetSettings = Pick<RunConfig, 'prompt' | 'columns'>;

export interface DatasetPlace {
  /** What a config names: files, patterns, folders. */
  named: string | string[];
  /** The config's line that names it. */
  at?: SourceLocation | undefined;
  /** Only the first rows. */
  most?: number | undefined;
}

/** Reads a dataset, and makes its rows prompts. Throws BadInput at the row that is none. */
export async function loadDataset(
  { named, at, most }: DatasetPlace,
  _settings: DatasetSettings,
): Promise<DatasetRow[]> {
  const rows = await readRows(datasetFiles(named), { what: 'dataset', at, most });
  const columnsOf = sharedColumns(rows, RESERVED);
  return rows.map((row) => ({ prompt: readPrompt(row.value, row.at), columns: columnsOf(row), at: row.at }));
}

/** Gives every row the same columns, those of all rows but the `excluded` ones, null where it has none. */
export function sharedColumns(
  rows: readonly { value: JsonObject }[],
  excluded: Set<string>,
): (row: { value: JsonObject }) => JsonObject {
  const names = new Set<string>();
  for (const { value } of rows) for (const name of Object.keys(value)) if (!excluded.has(name)) names.add(name);
  return ({ value }) => {
    const row = withExact(value);
    return Object.fromEntries([...names].map((name) => [name, own(row, name) ?? null]));
  };
}

/** The row's `prompt`, a text or chat messages; throws BadInput for anything else, and for an empty one. */
export function readPrompt(row: JsonObject, at: SourceLocation): Prompt {
  const { prompt } = row;
  if (prompt === undefined || prompt === null)
    throw new BadInput('This row has no "prompt" (a text, or a list of chat messages).', at);
  if (typeof prompt === 'string' && prompt !== '') return prompt;
  if (Array.isArray(prompt) && prompt.length > 0)
    return prompt.map((message, index) => readMessage(message, index, at));
  const empty = prompt === '' || Array.isArray(prompt);
  throw new BadInput(
    empty ? 'The "prompt" is empty.' : 'The "prompt" must be a text, or a list of { "role", "content" } messages.',
    at,
  );
}

function readMessage(message: unknown, index: number, at: SourceLocation): ChatMessage {
  const { role, content, tool_calls: calls } = (message ?? {}) as Partial<ChatMessage>;
  if (typeof role !== 'string') throw new BadInput(`Message ${index} of the "prompt" must have a "role", a text.`, at);
  // Null and parts are for the chat template to write, or to refuse.
  const isContent = typeof content === 'string' || content === null || isParts(content);
  if (!isContent && !(content === undefined && Array.isArray(calls)))
    throw new BadInput(
      `Message ${index} of the "prompt" must have a "content": a text, a list of parts such as { "type": "text", "text": "..." }, or null.`,
      at,
    );
  return message as ChatMessage;
}

function isParts(content: unknown): boolean {
  const isPart = (part: unknown) =>
    typeof part === 'object' && part !== null && ['string', 'undefined'].includes(typeof (part as ContentPart).text);
  return Array.isArray(content) && content.every(isPart);
}
