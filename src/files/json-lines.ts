import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { rememberExact } from '../text/exact-json.ts';
import { parseJson } from './json.ts';
import { readLines, type TextLine } from './text.ts';

export type JsonObject = Record<string, unknown>;

export interface JsonLine {
  line: number;
  /** How it is written is known (src/text/exact-json.ts). */
  value: JsonObject;
}

/** Far more rows than a run on one machine gets to see. */
const MOST_BYTES = 2e9;

/**
 * Reads a JSON Lines file of the user's: one object per line; blank lines, CRLF and a byte order mark are fine.
 * `what` names the file in errors ("dataset"); `at` is where the file was asked for, if that was in another file.
 * Throws BadInput at file:line for a line that is not an object, and for a file without any.
 */
export function readJsonLines(file: string, what: string, at?: SourceLocation): JsonLine[] {
  const rows = rowsOf(readLines(file, { what, most: MOST_BYTES }, at), file, raise);
  if (rows.length === 0) throw new BadInput(`The ${what} has no rows; write one JSON object per line.`, { file });
  return rows;
}

/** The rows of such a file's text. A line that is not an object is given to `onProblem`, which may throw it or continue. */
export function parseJsonLines(text: string, file: string, onProblem = raise): JsonLine[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return rowsOf(
    lines.map((line, index) => ({ line: index + 1, text: line })),
    file,
    onProblem,
  );
}

function rowsOf(lines: Iterable<TextLine>, file: string, onProblem: (problem: BadInput) => void): JsonLine[] {
  const rows: JsonLine[] = [];
  for (const { line, text } of lines) {
    if (text.trim() === '') continue;
    attempt(() => rows.push({ line, value: parseObject(text, { file, line }, rows.length === 0) }), onProblem);
  }
  return rows;
}

/** Does it, giving bad input to `onProblem`. */
export function attempt(work: () => void, onProblem: (problem: BadInput) => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    onProblem(error);
  }
}

export function raise(problem: BadInput): void {
  throw problem;
}

function parseObject(text: string, at: SourceLocation, isFirst: boolean): JsonObject {
  const other = isFirst ? otherFormat(text) : undefined;
  if (other !== undefined) throw new BadInput(other, at);
  return parseJsonRow(text, at);
}

/** A row's JSON, which must be an object; how it is written is known. */
export function parseJsonRow(text: string, at: SourceLocation): JsonObject {
  const value = parseJson(text, at);
  rememberExact(text, value);
  return requireRow(value, at);
}

/** Throws BadInput for a value that is no object, and for a column that no row may have. */
export function requireRow(value: unknown, at: SourceLocation): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadInput('A row must be a JSON object, { ... }.', at);
  // It would be lost wherever columns are copied.
  if (Object.hasOwn(value, '__proto__')) throw new BadInput('No column can be called "__proto__"; rename it.', at);
  return value as JsonObject;
}

/** What a file is that begins with this line, where it is plainly none of JSON Lines. */
function otherFormat(line: string): string | undefined {
  const start = line.trim();
  const convert = 'convert it to JSON Lines, one object on each line';
  if (start.startsWith('[')) return `This file is a JSON list; ${convert}.`;
  if (start === '{') return `This file is JSON over several lines; ${convert}.`;
  if (start.startsWith('{')) return undefined;
  if (start.startsWith('PAR1')) return `This file is Parquet; ${convert}.`;
  const table = tableFormat(start);
  return table && `This file looks like ${table}, not JSON Lines; ${convert}.`;
}

/** What a file is whose first line is a heading: the names of several fields. */
export function tableFormat(line: string): 'CSV' | 'TSV' | undefined {
  const [, separator] = /^"?[A-Za-z_][\w .-]*"?([,;\t])("?[\w .-]+"?([,;\t]|$))+$/.exec(line.trim()) ?? [];
  if (separator === undefined) return undefined;
  return separator === '\t' ? 'TSV' : 'CSV';
}
