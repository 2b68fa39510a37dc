/** A line of CSV (RFC 4180): numbers with all their digits, NaN and what is missing empty. */
export const csvLine = (cells: readonly (string | number | undefined)[]): string =>
  `${cells.map((cell) => (typeof cell === 'string' ? quoted(cell) : numeric(cell))).join(',')}\r\n`;

const numeric = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '' : String(value);
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
