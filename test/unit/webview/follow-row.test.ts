import { expect, test } from 'vitest';
import type { PreviewResult } from '../../../src/protocol/preview.ts';
import { followRow } from '../../../webview/preview/follow-row.ts';

/** Rows as [prompt, completion]. */
function result(rows: [string, string][], subject = 'a'): PreviewResult {
  const prompts = [...new Set(rows.map(([prompt]) => prompt))];
  return {
    subject,
    groups: prompts.map((prompt) => ({ prompt })),
    rows: rows.map(([prompt, completion]) => ({ completion, group: prompts.indexOf(prompt) })),
  } as unknown as PreviewResult;
}
const before = result([
  ['p', 'x'],
  ['p', 'y'],
  ['q', 'x'],
]);

test('a row is found again where it is now, by its prompt and completion', () => {
  const now = result([
    ['q', 'x'],
    ['p', 'x'],
    ['p', 'y'],
    ['q', 'x'],
  ]);
  expect([0, 1, 2].map((row) => followRow(row, before, now))).toEqual([1, 2, 3]);
});

test('one whose completion is being edited stays at its place', () => {
  const now = result([
    ['p', 'x'],
    ['p', 'y and more'],
    ['q', 'x'],
  ]);
  expect(followRow(1, before, now)).toBe(1);
});

test('one that is gone, or of other samples, is not shown', () => {
  expect(followRow(2, before, result([['p', 'x']]))).toBeUndefined();
  expect(followRow(0, before, result([['p', 'x']], 'b'))).toBeUndefined();
  expect(followRow(0, before, null)).toBeUndefined();
  expect(followRow(undefined, before, before)).toBeUndefined();
});
