import { expect, test } from 'vitest';
import { GLOSSARY } from '../../../src/protocol/glossary.ts';

const entries = Object.entries(GLOSSARY);

test.each(entries)('%s is explained in one sentence', (_, sentence) => {
  expect(sentence).toMatch(/^[A-Z0-9].*\.$/s);
  // Where another sentence would begin.
  expect(sentence.replaceAll('std. dev.', '')).not.toMatch(/\. [A-Z]/);
  // Code is marked in pairs.
  expect(sentence.split('`').length % 2).toBe(1);
});

test('the terms are in alphabetical order', () => {
  const names = entries.map(([name]) => name);
  expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b, 'en')));
});
