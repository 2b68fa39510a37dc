import { readFileSync } from 'node:fs';
import { type ParseError, parse } from 'jsonc-parser';
import { parseJson } from '../model/templates/json-source.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { notFiniteAt } from '../protocol/not-finite.ts';
import { syntaxErrorWords } from './json-text.ts';

export type JsonObject = Record<string, unknown>;

export interface JsonLine {
  line: number;
  value: JsonObject;
  /** What it was parsed from. */
  text: string;
}

/**
 * Reads a JSON Lines file of the user's: one object per line; blank lines, CRLF and a byte order mark are fine.
 * `what` names the file in errors ("dataset"); `at` is where the file was asked for, if that was in another file.
 * Throws BadInput at file:line for a line that is not an object, and for a file without any.
 */
export function readJsonLines(file: string, what: string, at?: SourceLocation): JsonLine[] {
  const rows = parseJsonLines(readText(file, what, at), file);
  if (rows.length === 0) throw new BadInput(`The ${what} has no rows; write one JSON object per line.`, { file });
  return rows;
}

/** The rows of such a file's text. A line that is not an object is given to `onProblem`, which may throw it or go on. */
export function parseJsonLines(text: string, file: string, onProblem = raise): JsonLine[] {
  const rows: JsonLine[] = [];
  for (const [index, row] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (row.trim() === '') continue;
    const at = { file, line: index + 1 };
    attempt(() => rows.push({ line: at.line, value: parseObject(row, at), text: row }), onProblem);
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

/** Throws BadInput when there is no such file. */
export function readText(file: string, what: string, at?: SourceLocation): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new BadInput(`The ${what} ${file} does not exist.`, at);
    if (code === 'EISDIR') throw new BadInput(`The ${what} ${file} is a folder, not a JSON Lines file.`, at);
    throw new BadInput(`The ${what} ${file} cannot be read (${message}).`, at);
  }
}

function parseObject(text: string, at: SourceLocation): JsonObject {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw notJson(text, at);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadInput('A row must be a JSON object, { ... }.', at);
  return value as JsonObject;
}

/** JSON.parse does not say where it stopped; jsonc-parser does. */
function notJson(text: string, at: SourceLocation): BadInput {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true });
  const first = errors[0];
  if (!first) return new BadInput('This row is not valid JSON.', at);
  const column = first.offset + 1;
  const words = notFiniteAt(text, first.offset) ?? `This row is not valid JSON: ${syntaxErrorWords(first.error)}.`;
  return new BadInput(words, { ...at, column });
}
