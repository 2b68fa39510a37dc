/** Places follow the text that is typed around them. */
import { expect, test } from 'vitest';
import { type Edit, EditLog, lastFirst, type Mark, moved } from '../../../../src/extension/preview/marks.ts';

const edit = (from: [number, number], to: [number, number], text: string): Edit => ({
  range: { start: { line: from[0], character: from[1] }, end: { line: to[0], character: to[1] } },
  text,
});
const at = (line: number, character: number): Mark => ({ line, character });

test.each([
  ['lines above', edit([0, 0], [0, 0], 'a\nb\n'), at(7, 3)],
  ['a line above is deleted', edit([1, 0], [2, 0], ''), at(4, 3)],
  ['text before it on its line', edit([5, 0], [5, 1], 'abc'), at(5, 5)],
  ['a line break before it on its line', edit([5, 1], [5, 1], '\n'), at(6, 2)],
  ['text right at it', edit([5, 3], [5, 3], 'x'), at(5, 4)],
  ['text behind it', edit([5, 4], [5, 4], 'a\nb'), at(5, 3)],
  ['lines below', edit([6, 0], [9, 0], ''), at(5, 3)],
  ['it is replaced', edit([4, 2], [6, 0], 'gone'), at(4, 2)],
])('%s', (_, change, expected) => {
  expect(moved(at(5, 3), change)).toEqual(expected);
});

test('a result about an older text is brought into the newest one', () => {
  const log = new EditLog();
  log.add('a.ts', 2, [edit([0, 0], [0, 0], '\n')]);
  // Two cursors: told in any order, applied from the last.
  log.add('a.ts', 3, lastFirst([edit([0, 0], [0, 0], '\n'), edit([2, 0], [3, 0], '')]));
  log.add('b.ts', 4, [edit([0, 0], [0, 0], '\n\n\n')]);
  expect(log.now('a.ts', 1, at(5, 0))).toEqual(at(6, 0));
  expect(log.now('a.ts', 2, at(5, 0))).toEqual(at(5, 0));
  expect(log.now('a.ts', 3, at(5, 0))).toEqual(at(5, 0));
});
