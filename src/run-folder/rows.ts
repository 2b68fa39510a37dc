/** The rows of one of our `.jsonl` files. A torn last line, left by a killed writer, is passed over; a bad one before it throws. */
export function parseRows(text: string, parse: (line: string) => unknown = JSON.parse): unknown[] {
  const lines = text.split('\n');
  const torn = lines.pop();
  const rows = lines.filter((line) => line !== '').map((line) => parse(line));
  if (torn) {
    try {
      rows.push(parse(torn));
    } catch {
      // Its writer died before it finished the line.
    }
  }
  return rows;
}
