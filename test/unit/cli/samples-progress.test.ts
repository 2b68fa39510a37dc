import { expect, test } from 'vitest';
import { SamplesProgress } from '../../../src/cli/samples-progress.ts';

function shownOn(isTTY: boolean): string {
  let text = '';
  const progress = new SamplesProgress({ isTTY, write: (more) => (text += more) });
  progress.show({ done: 0, of: 16, loads: true });
  progress.show({ done: 0, of: 16 });
  progress.show({ done: 12, of: 16 });
  progress.end();
  return text;
}

test('a terminal keeps one line, and leaves it at the end', () => {
  expect(shownOn(true)).toBe(
    '\r\x1b[2K0 of 16 samples, loading model first\r\x1b[2K0 of 16 samples\r\x1b[2K12 of 16 samples\n',
  );
});

test('elsewhere each is a line', () => {
  expect(shownOn(false)).toBe('0 of 16 samples, loading model first\n0 of 16 samples\n12 of 16 samples\n');
});

test('nothing was shown, so nothing has to be left', () => {
  let text = '';
  new SamplesProgress({ isTTY: true, write: (more) => (text += more) }).end();
  expect(text).toBe('');
});
