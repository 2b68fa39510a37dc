import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/chat/turns.ts';

/** Writes `count` of its letters, one a turn. */
async function write(turns: Turns, letter: string, count: number, written: string[], working: Set<string>) {
  await turns.begin();
  for (let i = 0; i < count; i++) {
    working.add(letter);
    await nextTurn();
    expect([...working], 'one at a time').toEqual([letter]);
    written.push(letter);
    working.delete(letter);
    if (i < count - 1) await turns.pass();
  }
  turns.end();
}

test('writers alternate, and the longer one finishes alone', async () => {
  const [turns, written, working] = [new Turns(), [] as string[], new Set<string>()];
  await Promise.all([write(turns, 'a', 3, written, working), write(turns, 'b', 5, written, working)]);
  expect(written.join('')).toBe('abababbb');
});

test('one that has failed gives its turn away', async () => {
  const [turns, written, working] = [new Turns(), [] as string[], new Set<string>()];
  const failing = async () => {
    await turns.begin();
    turns.end();
    throw new Error('no');
  };
  const ended = await Promise.allSettled([failing(), write(turns, 'b', 2, written, working)]);
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(written).toEqual(['b', 'b']);
});
