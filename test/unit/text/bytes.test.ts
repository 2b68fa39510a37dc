import { expect, test } from 'vitest';
import { formatBytes } from '../../../src/text/bytes.ts';

test('sizes have a unit that suits them', () => {
  expect([1.5e9, 3.7e6, 2000, 12].map(formatBytes)).toEqual(['1.5 GB', '3.7 MB', '2.0 kB', '12 bytes']);
});
