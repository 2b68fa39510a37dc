import { describe, expect, test } from 'vitest';
import { readLines, readStartLater, readText, readTextLater } from '../../../src/files/text.ts';
import { fileOf, problem } from './folder.ts';

const KIND = { what: 'file', most: 1e8 };
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const lines = (content: string | Buffer) => [...readLines(fileOf(content), KIND)];

describe('a text', () => {
  test('is UTF-8, with or without a mark', async () => {
    expect(readText(fileOf('café 😀\n'), KIND)).toBe('café 😀\n');
    expect(readText(fileOf('\uFEFFcafé'), KIND)).toBe('café');
    expect(await readTextLater(fileOf('\uFEFFcafé'), KIND)).toBe('café');
    // Only the first one is a mark.
    expect(readText(fileOf('a\uFEFFb'), KIND)).toBe('a\uFEFFb');
  });

  test.each([
    ['Latin-1', latin1('a\nb\ncafé\n'), 3],
    ['cut in a letter', Buffer.from('a\n😀').subarray(0, -1), 2],
    ['half of a pair, as some write it', Buffer.from([0x61, 10, 0xed, 0xa0, 0x80]), 2],
    ['too long for its letter', Buffer.from([0xc0, 0xaf]), 1],
  ])('that is none is refused at its line: %s', (_, bytes, line) => {
    const said = `file.txt:${line}: This line is not UTF-8 text (is it Latin-1 or a binary file?); save the file as UTF-8.`;
    expect(problem(() => readText(fileOf(bytes), KIND))).toBe(said);
    expect(problem(() => lines(bytes))).toBe(said);
  });

  test.each([
    ['with a mark', Buffer.from('\uFEFF{"a": "é"}', 'utf16le')],
    ['with the other mark', Buffer.from('\uFEFF{"a": "é"}', 'utf16le').swap16()],
    ['without one', Buffer.from('{"a": "é"}', 'utf16le')],
  ])('in UTF-16 is refused by name: %s', (_, bytes) => {
    for (const read of [() => readText(fileOf(bytes), KIND), () => lines(bytes)])
      expect(problem(read)).toMatch(/^file\.txt: This file is UTF-16 text.*save it as UTF-8\.$/);
  });
});

test.each([
  ['all of a short file', 'a\nb', 10, 'a\nb'],
  ['whole lines of a long one', 'one\ntwo\nthree\n', 7, 'one\n'],
  ['a line that is longer than what is read', 'one two three', 4, ''],
])('the start of a file: %s', async (_, content, most, start) => {
  const file = fileOf(content);
  expect(await readStartLater(file, 'file', most)).toBe(start);
});

describe('lines', () => {
  test('come with their numbers; the last needs no end', () => {
    expect(lines('a\n\nb')).toEqual([
      { line: 1, text: 'a' },
      { line: 2, text: '' },
      { line: 3, text: 'b' },
    ]);
    expect(lines('a\r\n')).toEqual([{ line: 1, text: 'a\r' }]);
    expect(lines('')).toEqual([]);
    expect(lines('\uFEFFa\n')).toEqual([{ line: 1, text: 'a' }]);
  });

  test('are whole where they are longer than what is read at a time', () => {
    const texts = [1, 1 << 20, (1 << 20) - 1, 3 << 20, 5].map((length, n) => String(n).repeat(length));
    // A letter of several bytes at every place of the border.
    texts.push(...[0, 1, 2, 3].map((shift) => 'x'.repeat(shift) + '😀'.repeat(1 << 19)));
    expect(lines(texts.join('\n')).map(({ text }) => text)).toEqual(texts);
  });

  test('of a file of zeros end soon', () => {
    expect(problem(() => lines(Buffer.alloc(65e6)))).toBe(
      'file.txt:1: This line has more than 64 MB; is it the right file?',
    );
  });
});
