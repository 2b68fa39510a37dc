import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { onLines } from '../../../src/processes/lines.ts';

test('lines come whole, however they arrive; only a line feed ends one', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  onLines(stream, (line) => lines.push(line));
  for (const byte of Buffer.from('one\n\nü\u2028\rtwo\nthree')) stream.write(Buffer.from([byte]));
  await new Promise((resolve) => stream.end(resolve));
  await new Promise(setImmediate);
  expect(lines).toEqual(['one', '', 'ü\u2028\rtwo']);
});

test('a line past the limit is reported once and ends the reading', async () => {
  const stream = new PassThrough();
  const events: string[] = [];
  onLines(stream, (line) => events.push(line), { limit: 5, onTooLong: () => events.push('too long') });
  for (const text of ['abcde\n', 'abcd', 'efgh', 'ij\n']) stream.write(text);
  await new Promise(setImmediate);
  expect(events).toEqual(['abcde', 'too long']);
});
