import { expect, test } from 'vitest';
import { InTurn } from '../../../../src/extension/workspace/in-turn.ts';

test('one task at a time for a key, also after one that failed; others do not wait', async () => {
  const turns = new InTurn();
  const said: string[] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = turns.run('a', async () => {
    await gate;
    said.push('first');
    throw new Error('no');
  });
  const second = turns.run('a', async () => said.push('second'));
  await turns.run('b', async () => said.push('other'));
  expect(said).toEqual(['other']);
  open();
  await expect(first).rejects.toThrow('no');
  await second;
  expect(said).toEqual(['other', 'first', 'second']);
});
