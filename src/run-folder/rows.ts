import { BadInput } from '../protocol/errors.ts';

/** How the lines of a file are read. */
export interface RowFile<Row> {
  file: string;
  /** Throws at what is no row. */
  parse: (line: string) => Row;
  /** What to say of such a line: someone has edited the file. */
  problem: string;
}

/** The rows of one of our `.jsonl` files. A torn last line, left by a killed writer, is passed over; throws BadInput at a bad one before it. */
export function parseRows<Row>(text: string, { file, parse, problem }: RowFile<Row>): Row[] {
  const lines = text.split('\n');
  return lines.flatMap((content, index) => {
    if (content === '') return [];
    try {
      return [parse(content)];
    } catch {
      if (index === lines.length - 1) return [];
      throw new BadInput(problem, { file, line: index + 1 });
    }
  });
}
