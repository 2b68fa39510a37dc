import { expect, test } from 'vitest';
import type { ScoreBatch } from '../../../src/protocol/rewards.ts';
import type { FunctionScores } from '../../../src/rewards/function-call.ts';
import { RowsAhead } from '../../../src/rewards/scoring-ahead.ts';

const batchOf = (completions: readonly string[]): ScoreBatch => ({
  ...{ prompts: completions.map(() => ''), completions: [...completions], columns: {} },
});

/** A function that scores a completion by its length, once `answer` lets its oldest call go. */
function waitingFunction() {
  const calls: string[][] = [];
  const held: (() => void)[] = [];
  const call = async ({ completions }: ScoreBatch): Promise<FunctionScores> => {
    calls.push(completions);
    await new Promise<void>((resolve) => held.push(resolve));
    return {
      outcomes: completions.map(({ length }) => ({ kind: 'score', score: length })),
      ...{ metrics: {}, extra: {}, totals: { tokens: completions.length }, modules: [], retries: [], givenUp: 0 },
      seconds: 2,
    };
  };
  const answer = async () => {
    held.shift()!();
    await new Promise(setImmediate);
  };
  return { calls, answer, called: { name: 'length', kind: 'row', call } as const };
}

test('completions that come while a call runs are scored by the next one, and the rest at the end', async () => {
  const { calls, answer, called } = waitingFunction();
  const ahead = new RowsAhead(called, batchOf);
  ahead.add(3, 'ab');
  ahead.add(1, 'abc');
  ahead.add(0, 'a');
  expect(calls).toEqual([['ab']]);
  await answer();
  expect(calls).toEqual([['ab'], ['abc', 'a']]);
  const finished = ahead.finish(['a', 'abc', 'abcd', 'ab']);
  await answer();
  expect(calls).toEqual([['ab'], ['abc', 'a'], ['abcd']]);
  await answer();
  const { outcomes, totals, seconds } = await finished;
  expect(outcomes).toEqual([1, 3, 4, 2].map((score) => ({ kind: 'score', score })));
  expect({ totals, seconds }).toEqual({ totals: { tokens: 4 }, seconds: 6 });
});

test('a call that breaks off is heard of at the end', async () => {
  const call = () => Promise.reject(new Error('The rewards were closed.'));
  const ahead = new RowsAhead({ name: 'length', kind: 'row', call }, batchOf);
  ahead.add(0, 'a');
  await new Promise(setImmediate);
  await expect(ahead.finish(['a'])).rejects.toThrow('closed');
});
