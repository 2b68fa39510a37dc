/** What a row says a function, or "total", should give. The line counts from 0. */
export interface RowExpectation {
  name: string;
  line: number;
  completion: string;
  expected: number | [number, number];
}

/** The expectations of a samples file; lines that are being written are skipped: the preview says what is wrong with them. */
export function readExpectations(text: string): RowExpectation[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((source, line) => {
      const { expect, completion } = parseRow(source);
      if (typeof expect !== 'object' || expect === null || typeof completion !== 'string') return [];
      return Object.entries(expect).flatMap(([name, expected]) =>
        isExpected(expected) ? [{ name, line, completion, expected }] : [],
      );
    });
}

function parseRow(source: string): { expect?: unknown; completion?: unknown } {
  try {
    return JSON.parse(source) ?? {};
  } catch {
    return {};
  }
}

function isExpected(value: unknown): value is number | [number, number] {
  if (!Array.isArray(value)) return typeof value === 'number';
  return value.length === 2 && value.every((number) => typeof number === 'number');
}
