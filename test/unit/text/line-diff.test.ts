import { describe, expect, it } from 'vitest';
import { diffHunks, lineDiff } from '../../../src/text/line-diff.ts';

const told = (before: string, after: string) => lineDiff(before, after)!.map(({ kind, text }) => kind + text);

describe('lineDiff', () => {
  it('keeps what both have, and counts the lines of each', () => {
    expect(lineDiff('a\nb\nc\n', 'a\nx\nc\n')).toEqual([
      { kind: ' ', text: 'a', from: 1, to: 1 },
      { kind: '-', text: 'b', from: 2 },
      { kind: '+', text: 'x', to: 2 },
      { kind: ' ', text: 'c', from: 3, to: 3 },
    ]);
  });

  it('changes no more than needed', () => {
    expect(told('a\nb\nc\nd', 'b\nc\nx\nd')).toEqual(['-a', ' b', ' c', '+x', ' d']);
    expect(told('a\na', 'a\na\na')).toEqual([' a', ' a', '+a']);
  });

  it('takes ends of lines for what they are, not for changes', () => {
    expect(told('a\r\nb\r\n', 'a\nb')).toEqual([' a', ' b']);
  });

  it('makes each text of the other, whatever they are', () => {
    const letters = (seed: number) => Array.from({ length: 40 }, (_, i) => 'abcd'[(i * i * seed + i) % 4]).join('\n');
    for (let seed = 1; seed < 12; seed++) {
      const [a, b] = [letters(seed), letters(seed + 1)];
      const lines = lineDiff(a, b)!;
      const of = (kinds: string) => lines.flatMap(({ kind, text }) => (kinds.includes(kind) ? [text] : [])).join('\n');
      expect([of(' -'), of(' +')]).toEqual([a, b]);
    }
  });

  it('gives up on what would take too long', () => {
    const long = (mark: string) => Array.from({ length: 3000 }, (_, i) => mark + i).join('\n');
    expect(lineDiff(long('a'), long('b'))).toBeUndefined();
  });
});

describe('diffHunks', () => {
  const numbers = Array.from({ length: 40 }, (_, i) => String(i));
  const hunks = (...changed: number[]) =>
    diffHunks(lineDiff(numbers.join('\n'), numbers.map((n, i) => (changed.includes(i) ? `${n}!` : n)).join('\n'))!);

  it('has three lines around each change', () => {
    expect(hunks(20).map((lines) => lines.map(({ kind, text }) => kind + text).join(' '))).toEqual([
      ' 17  18  19 -20 +20!  21  22  23',
    ]);
  });

  it('joins changes that are near, and parts those that are not', () => {
    expect(hunks(10, 14)).toHaveLength(1);
    expect(hunks(10, 14)[0]!.filter(({ kind }) => kind !== ' ')).toHaveLength(4);
    expect(hunks(10, 30)).toHaveLength(2);
    expect(hunks()).toEqual([]);
  });
});
