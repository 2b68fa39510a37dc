import type { JsonObject } from '../files/json-lines.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { PromptMapping } from '../protocol/inputs-config.ts';
import { setField } from '../protocol/remedy.ts';
import type { ChatMessage, Prompt } from '../protocol/rewards.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { CompletionMapping } from '../protocol/stage-config.ts';
import { withFields } from '../text/exact-json.ts';
import { didYouMean, nearestName } from '../text/nearest-name.ts';
import { columnOfPrompt } from './describe/prompt-column.ts';
import { PromptTemplate } from './prompt-template.ts';
import { readPrompt } from './read-prompt.ts';
import type { RawRow } from './readers/read-rows.ts';
import { valueAt } from './row-path.ts';
import { columnNames, RESERVED, sharedColumns } from './shared-columns.ts';

/** What of a run config says how rows are read. */
export type MappingSettings = Pick<RunConfig, 'prompt' | 'columns'>;

/** What of its surroundings a mapping's messages speak of. */
export interface MappingContext {
  /** Where a field of the run config is. */
  placeOf?: ((path: (string | number)[]) => SourceLocation | undefined) | undefined;
  /** Whether the model has a chat template: then a prompt that is proposed is a message. */
  isChat?: (() => boolean) | undefined;
}
type PlaceOf = NonNullable<MappingContext['placeOf']>;

export interface MappedRow {
  prompt: Prompt;
  /** All columns but the reserved ones, exactly as they are written, and those that `columns` adds. They reach the reward functions. */
  columns: Record<string, unknown>;
}

/**
 * How the rows of a dataset become prompts and columns. Every row has the same columns: those of all rows, null where it has none.
 * Throws BadInput at the config's field that names what no row has, and, from the function, at the row that is none.
 */
export function rowMapping(
  rows: readonly Pick<RawRow, 'value'>[],
  { prompt, columns }: MappingSettings,
  { placeOf = () => undefined, isChat = () => false }: MappingContext = {},
): (row: RawRow) => MappedRow {
  const names = columnNames(rows);
  const added = Object.entries(columns ?? {});
  for (const [name, path] of added) requireColumn(name, path, rows, names, placeOf);
  const columnsOf = sharedColumns(rows, RESERVED);
  if (prompt === null && !names.includes('prompt')) throw noPrompt(rows, names, placeOf(['dataset']), isChat);
  const promptOf = textReader('prompt', prompt, rows, names, added, placeOf);

  return ({ value, at }) => {
    const more = added.map(([name, path]) => [name, valueAt(value, path)?.exact ?? null]);
    return { prompt: promptOf(value, at), columns: { ...columnsOf({ value }), ...Object.fromEntries(more) } };
  };
}

function requireColumn(
  name: string,
  path: string,
  rows: readonly Pick<RawRow, 'value'>[],
  names: readonly string[],
  placeOf: PlaceOf,
): void {
  const at = placeOf(['columns', name]);
  if (RESERVED.has(name)) {
    const instead = name === 'prompt' ? ', which "prompt" of the config sets' : '';
    throw new BadInput(`"columns" cannot give a column called "${name}"${instead}; use another name.`, at);
  }
  if (rows.some(({ value }) => valueAt(value, path) !== undefined)) return;
  throw new BadInput(`"columns.${name}" names "${path}", ${noColumn(path, names)}`, at);
}

const noColumn = (path: string, names: readonly string[]): string =>
  `which is not a column of the dataset (it has ${names.join(', ')}).${didYouMean(path, names)}`;

/** How rows become completions, a text or messages each; without a mapping by their column "completion". As `rowMapping`. */
export function completionReader(
  rows: readonly Pick<RawRow, 'value'>[],
  mapping: CompletionMapping | undefined,
  columns: MappingSettings['columns'],
  placeOf: PlaceOf,
): TextReader {
  const names = columnNames(rows);
  if (mapping === undefined && !names.includes('completion')) {
    const message = `The dataset has no column "completion"; it has ${names.join(', ')}. Say in the stage's "completion" which column has it.`;
    throw new BadInput(message, placeOf(['dataset']));
  }
  return textReader('completion', mapping ?? null, rows, names, Object.entries(columns ?? {}), placeOf);
}

type TextReader = (row: JsonObject, at: SourceLocation) => Prompt;

/** `field` of the config has the mapping; without one it is the column of that name. */
function textReader(
  field: 'prompt' | 'completion',
  mapping: PromptMapping | CompletionMapping | null,
  rows: readonly Pick<RawRow, 'value'>[],
  names: readonly string[],
  added: readonly [name: string, path: string][],
  placeOf: PlaceOf,
): TextReader {
  const place = placeOf([field]);
  if (mapping === null) return (row, at) => readPrompt(row[field], field, at);
  if (typeof mapping === 'string') {
    const path = added.find(([name]) => name === mapping)?.[1] ?? mapping;
    if (!rows.some(({ value }) => valueAt(value, path) !== undefined))
      throw new BadInput(`"${field}" names "${mapping}", ${noColumn(mapping, names)}`, place);
    return (row, at) => readPrompt(valueAt(row, path)?.value, mapping, at);
  }

  const variables = [...new Set([...names, ...added.map(([name]) => name)])];
  const template = (source: string, part: string) => {
    const read = new PromptTemplate(source, `${field}.${part}`, placeOf([field, part]));
    read.requireColumns(variables, placeOf([field, part]));
    return (row: JsonObject, at: SourceLocation) => read.render(templateContext(row, variables, added), at);
  };
  if ('text' in mapping) {
    const text = template(mapping.text, 'text');
    return (row, at) => readPrompt(text(row, at), `${field}.text`, at);
  }
  const { system, user, prefill } = mapping;
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: template(system, 'system') }]),
    { role: 'user', content: template(user, 'user') },
    ...(prefill === undefined ? [] : [{ role: 'assistant', content: template(prefill, 'prefill'), prefix: true }]),
  ];
  return (row, at) =>
    messages.map((message): ChatMessage => {
      const content = message.content(row, at);
      if (message.role === 'user' && content.trim() === '')
        throw new BadInput('"prompt.user" is empty for this row.', at);
      return { ...message, content };
    });
}

/** A row's columns as a template sees them; null, Jinja's None, where it has none. */
function templateContext(row: JsonObject, names: readonly string[], added: readonly [string, string][]): JsonObject {
  const missing = Object.fromEntries(names.filter((name) => !Object.hasOwn(row, name)).map((name) => [name, null]));
  return withFields(
    missing,
    row,
    Object.fromEntries(added.map(([name, path]) => [name, valueAt(row, path)?.exact ?? null])),
  );
}

/** The dataset has no column that is called "prompt", and nothing says which one it is. */
function noPrompt(
  rows: readonly Pick<RawRow, 'value'>[],
  names: readonly string[],
  at: SourceLocation | undefined,
  isChat: () => boolean,
): BadInput {
  const likely =
    nearestName('prompt', names) ??
    columnOfPrompt(
      rows.map(({ value }) => value),
      names,
    );
  const asks = likely !== undefined && /^\w+$/.test(likely) && typeof rows[0]?.value[likely] === 'string' && isChat();
  const value = asks ? { user: `{{ ${likely} }}` } : likely;
  const set = value === undefined ? '' : `, such as "prompt": ${JSON.stringify(value)}`;
  const remedy = value === undefined ? undefined : setField('prompt', value);
  const message = `The dataset has no column "prompt"; it has ${names.join(', ')}. Say in the run config how a row becomes a prompt${set}.`;
  return new BadInput(message, at, { kind: 'no-prompt', remedy });
}
