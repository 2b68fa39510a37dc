import { describe, expect, test } from 'vitest';
import { BadInput } from '../../../src/protocol/errors.ts';
import { oneLine, visible } from '../../../src/text/visible.ts';

describe('a message', () => {
  test('is one line, whatever it quotes', () => {
    const { message, problem } = new BadInput('no "a\nb\r\x1b[31m\x07c"', { file: 'x\ny.json', line: 2 });
    expect(problem.message).toBe('no "a\\nb\\r\\u001b[31m\\u0007c"');
    expect(message).toBe(`x\\ny.json:2: ${problem.message}`);
    expect(oneLine('a\u2028b\u202ec\u0085d\ud800e')).toBe('a\\u2028b\\u202ec\\u0085d\\ud800e');
    // Accents, emoji and scripts from right to left are letters.
    expect(oneLine('é 😀 שלום')).toBe('é 😀 שלום');
  });

  test('cuts long values, and is never long itself', () => {
    expect(oneLine(`must be a number, not "${'a'.repeat(5000)}".`)).toBe(
      `must be a number, not "${'a'.repeat(100)}…".`,
    );
    expect(oneLine(`"${'a'.repeat(100)}" "b"`)).toBe(`"${'a'.repeat(100)}" "b"`);
    // Not within an escape, nor within a letter.
    expect(oneLine(`"${'a'.repeat(99)}\\"b"`)).toBe(`"${'a'.repeat(99)}…"`);
    expect(oneLine(`"${'a'.repeat(99)}😀b"`)).toBe(`"${'a'.repeat(99)}…"`);
    const long = oneLine(`begins ${'x '.repeat(5e6)} ends`);
    expect(long.length).toBeLessThan(1010);
    expect(long).toMatch(/^begins .*….* ends$/);
  });
});

test('text for a terminal keeps its lines, and no control character', () => {
  expect(visible('a\n\tb\x1b[2J\x7f\x9b1m')).toBe('a\n\tb\\u001b[2J\\u007f\\u009b1m');
  const json = JSON.stringify({ a: 'b\u0085\u2028c\x1b' });
  expect(JSON.parse(visible(json))).toEqual(JSON.parse(json));
});
