import { parseExact, stringifyExact, withExact } from '../../text/exact-json.ts';
import { textOf } from '../workspace/documents.ts';
import type { Preview } from './preview.ts';

/** What a sample has besides its columns. */
const NO_COLUMNS = new Set(['prompt', 'completion', 'expect', 'generated']);

/** A row's columns as text, read from its line as the editor has it: results are sent too often to carry them. Empty while the line is broken. */
export async function columnsOfRow(preview: Preview, row: number): Promise<Record<string, string>> {
  const lines = (await textOf(preview.subject.samplesPlace)).split('\n');
  return columnsOfLine(lines[preview.rowLine(row)] ?? '');
}

export function columnsOfLine(line: string): Record<string, string> {
  try {
    const value = withExact(parseExact(line) as Record<string, unknown>);
    const columns = Object.entries(value).filter(([name]) => !NO_COLUMNS.has(name));
    return Object.fromEntries(columns.map(([name, of]) => [name, typeof of === 'string' ? of : stringifyExact(of)]));
  } catch {
    return {};
  }
}
