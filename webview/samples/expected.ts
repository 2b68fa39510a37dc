export type Expected = number | [number, number];

/** `3`, or `6 to 7`: as it is written, all digits. */
export const expectedText = (expected: Expected | undefined): string => {
  if (expected === undefined) return '';
  return typeof expected === 'number' ? String(expected) : expected.join(' to ');
};

const NUMBER = String.raw`[-−+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`;
const EXPECTED = new RegExp(String.raw`^\[?\s*(${NUMBER})\s*(?:(?:to|–|—|\.\.+|,|-)\s*(${NUMBER})\s*)?\]?$`);

/** An expectation as someone has typed it; null for none. Throws a sentence. */
export function parseExpected(typed: string): Expected | null {
  if (typed.trim() === '') return null;
  const [, low, high] = EXPECTED.exec(typed.trim()) ?? [];
  if (low === undefined) throw new Error('Write a number, or a range such as 6 to 7.');
  const [from, to] = [toNumber(low), toNumber(high ?? low)];
  if (high === undefined) return from;
  if (from > to) throw new Error('Write the lower end of the range first.');
  return [from, to];
}

const toNumber = (text: string): number => Number(text.replace('−', '-'));
