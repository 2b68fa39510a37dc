import { parseExact } from '../../text/exact-json.ts';
import { textOf } from '../workspace/documents.ts';
import { sampleColumns } from '../workspace/sample-columns.ts';
import type { Preview } from './preview.ts';

/** A row's columns as text, read from its line as the editor has it: results are sent too often to carry them. Empty while the line is broken. */
export async function columnsOfRow(preview: Preview, row: number): Promise<Record<string, string>> {
  const lines = (await textOf(preview.subject.samplesPlace)).split('\n');
  try {
    const sample = parseExact(lines[preview.rowLine(row)] ?? '') as Record<string, unknown>;
    return Object.fromEntries(sampleColumns(sample).map(({ name, text }) => [name, text]));
  } catch {
    return {};
  }
}
