import { expect, test } from 'vitest';
import { makeDocs } from '../../scripts/make-docs.ts';

test.each([...makeDocs()])('%s is up to date (else: npm run docs)', (_, { now, made }) => {
  expect(now).toBe(made);
});
