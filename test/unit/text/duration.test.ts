import { expect, test } from 'vitest';
import { formatDuration } from '../../../src/text/duration.ts';

test.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1:00 min'],
  [65, '1:05 min'],
  [3600 * 2 + 60 * 7, '2:07 h'],
])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
