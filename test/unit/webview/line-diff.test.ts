import { describe, expect, it } from 'vitest';
import { lineDiff } from '../../../webview/compare/line-diff.ts';

const told = (before: string, after: string) =>
  lineDiff(before, after)!.map((lines) => lines.map(({ kind, text }) => kind + text).join(' '));

describe('lineDiff', () => {
  it('keeps what both have, and counts the lines of each', () => {
    expect(lineDiff('a\nb\nc\n', 'a\nx\nc\n')).toEqual([
      [
        { kind: ' ', text: 'a', from: 1, to: 1 },
        { kind: '-', text: 'b', from: 2 },
        { kind: '+', text: 'x', to: 2 },
        { kind: ' ', text: 'c', from: 3, to: 3 },
      ],
    ]);
  });

  it('changes no more than needed', () => {
    expect(told('a\nb\nc\nd', 'b\nc\nx\nd')).toEqual(['-a  b  c +x  d']);
    expect(told('a\na', 'a\na\na')[0]!.match(/[+-]a/g)).toEqual(['+a']);
  });

  it('takes ends of lines for what they are, not for changes', () => {
    expect(told('a\r\nb\r\n', 'a\nb')).toEqual([]);
    expect(told('a\nb', 'a\nc\n')).toEqual([' a -b +c']);
  });

  it('gives up on what would take too long', () => {
    const long = (mark: string) => Array.from({ length: 3000 }, (_, i) => mark + i).join('\n');
    expect(lineDiff(long('a'), long('b'))).toBeUndefined();
  });

  const numbers = Array.from({ length: 40 }, (_, i) => String(i));
  const changed = (...at: number[]) =>
    told(numbers.join('\n'), numbers.map((n, i) => (at.includes(i) ? `${n}!` : n)).join('\n'));

  it('has three lines around each change', () => {
    expect(changed(20)).toEqual([' 17  18  19 -20 +20!  21  22  23']);
  });

  it('joins changes that are near, and parts those that are not', () => {
    expect(changed(10, 14)).toHaveLength(1);
    expect(changed(10, 30)).toHaveLength(2);
    expect(changed()).toEqual([]);
  });
});
