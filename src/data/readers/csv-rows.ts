import { CsvError, parse } from 'csv-parse';
import type { JsonObject } from '../../files/json-lines.ts';
import { countLineFeeds } from '../../files/text-pieces.ts';
import { BadInput, type SourceLocation } from '../../protocol/errors.ts';
import type { BegunText } from './begun-text.ts';
import { columnOfCells } from './csv-types.ts';
import { objectWriter } from './exact-values.ts';
import type { FileWanted, RawRow } from './raw-rows.ts';

/** Most bytes of one record; beyond that a quote was not closed. */
const MOST_OF_RECORD = 64e6;

interface CsvRecord {
  record: string[];
  line: number;
}

/**
 * The rows of a CSV or TSV file, whose first line names the columns. Types are those of pandas, column by column, so that all of its rows
 * have been read before the first one is given. Throws BadInput for a row that is longer or shorter than the others, and for quotes that do
 * not match.
 */
export async function* csvRows(
  text: BegunText,
  format: 'csv' | 'tsv',
  { most = Number.POSITIVE_INFINITY, wide }: FileWanted,
): AsyncGenerator<RawRow[]> {
  const { file } = text;
  let names: string[] | undefined;
  const cells: string[][] = [];
  const places: number[] = [];
  for await (const { record, line } of recordsOf(text, format)) {
    if (names === undefined) names = columnNames(record, { file, line });
    else {
      if (record.length !== names.length) throw uneven(record.length, names.length, { file, line });
      cells.push(record);
      places.push(line);
    }
    if (cells.length >= most) break;
  }
  if (names === undefined || cells.length === 0) return;
  const columns = names.map((name, index) => columnOfCells(name, cells, index, wide));
  const write = objectWriter(names);
  const rows = cells.map((_, row): RawRow => {
    const value: JsonObject = write((column) => columns[column]![row]);
    return { value, at: { file, line: places[row]! } };
  });
  yield rows;
}

/** A record, and the line that it begins on. Those before a fault are given before it is thrown. */
async function* recordsOf({ file, start, pieces }: BegunText, format: 'csv' | 'tsv'): AsyncGenerator<CsvRecord> {
  const found: { record: string[]; end: number }[] = [];
  const parser = parse({
    delimiter: format === 'tsv' ? '\t' : delimiterOf(start),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MOST_OF_RECORD,
    on_record: (record: string[], { bytes }) => {
      found.push({ record, end: bytes });
    },
  });
  // The call that meets it tells it.
  parser.on('error', () => {});
  const lines = new LineCounter();
  let end = 0;
  const records = function* (error: Error | null | undefined): Generator<CsvRecord> {
    for (const { record, end: next } of found.splice(0)) {
      const line = lines.lineFrom(end);
      end = next;
      // What has only white space is an empty line too, as pandas has it.
      if (record.length > 1 || record[0] === '' || record[0]!.trim() !== '') yield { record, line };
    }
    if (!error) return;
    throw error instanceof CsvError ? new BadInput(quoteProblem(error), { file, line: lines.lineFrom(end) }) : error;
  };
  try {
    for await (const piece of pieces) {
      lines.add(piece);
      yield* records(await new Promise<Error | null | undefined>((done) => parser.write(piece, done)));
    }
    yield* records(await new Promise<Error | undefined>((done) => parser.end(done)));
  } finally {
    parser.destroy();
  }
}

function quoteProblem({ code }: CsvError): string {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'A quoted text that begins in this row does not end; close the quote, and write a quote within a text twice: "".';
    case 'CSV_MAX_RECORD_SIZE':
      return `The row that begins here has more than ${MOST_OF_RECORD / 1e6} MB; is a closing quote missing?`;
    default:
      return 'A quote of this row is neither at the beginning nor at the end of its field; put the field in quotes, and write a quote within it twice: "".';
  }
}

/** Of a .csv file: what its heading has, where it has no comma. */
function delimiterOf(start: string): string {
  const [heading = ''] = start.split('\n', 1);
  return [',', ';', '\t'].find((delimiter) => heading.includes(delimiter)) ?? ',';
}

function columnNames(record: string[], at: SourceLocation): string[] {
  // An index that pandas wrote has no name; it gives it this one.
  const names = record.map((name, index) => (name.trim() === '' ? `Unnamed: ${index}` : name));
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new BadInput(`Two columns are called "${twice}"; rename one.`, at);
  if (names.includes('__proto__')) throw new BadInput('No column can be called "__proto__"; rename it.', at);
  return names;
}

function uneven(count: number, expected: number, at: SourceLocation): BadInput {
  const how =
    count < expected
      ? 'is a comma or a line missing?'
      : 'a field that has a comma or a line feed in it must be in quotes.';
  return new BadInput(
    `This row has ${count} ${count === 1 ? 'field' : 'fields'}, and the first line names ${expected} columns; ${how}`,
    at,
  );
}

/** Tells on which line a byte of a text is, which is asked for in order. */
class LineCounter {
  /** What has been added and not passed, from byte `#from` on, which is on `#line`. */
  #kept: Buffer[] = [];
  #from = 0;
  #line = 1;

  add(piece: Buffer): void {
    this.#kept.push(piece);
  }

  /** The line of what begins at a byte, behind line feeds. */
  lineFrom(byte: number): number {
    this.#passTo(byte);
    for (;;) {
      const next = this.#kept[0]?.[0];
      if (next !== 10 && next !== 13) return this.#line;
      this.#passTo(this.#from + 1);
    }
  }

  #passTo(byte: number): void {
    while (this.#from < byte && this.#kept.length > 0) {
      const piece = this.#kept[0]!;
      const passed = piece.subarray(0, byte - this.#from);
      this.#line += countLineFeeds(passed);
      this.#from += passed.length;
      if (passed.length < piece.length) this.#kept[0] = piece.subarray(passed.length);
      else this.#kept.shift();
    }
  }
}
