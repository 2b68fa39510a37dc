/** A batch call that fails as a whole is made again for each completion alone, once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batchOf, brief, folderWith, open, outcomesOf, pythonMissing } from './workspace.ts';

/** Each call writes down how many completions it got, then fails as its completions say. */
const files = {
  'batch.reward.ts': `import { appendFileSync } from 'node:fs';
import { batchReward } from 'grpo/rewards';
export const scored = batchReward(async ({ completions, prompts, completionIds, answer }) => {
  appendFileSync('calls.txt', completions.length + ' ');
  if (completions.includes('throw')) throw new Error('this one');
  if (completions.includes('exit')) process.exit(3);
  if (completions.includes('hang')) await new Promise(() => {});
  if (completions.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 1000));
  return completions.map((text, i) => ({ score: answer[i], reason: [text, prompts[i], completionIds[i]].join(' ') }));
});`,
  'batch.py': `
import os, time
def scored(completions, prompts, completion_ids, answer, log_metric, log_extra, **kwargs):
    with open("calls.txt", "a") as calls: calls.write("{} ".format(len(completions)))
    for text in completions: log_metric("length", len(text))
    log_extra("seen", [list(each) for each in zip(completions, prompts, completion_ids)])
    if "throw" in completions: raise ValueError("this one")
    if "exit" in completions: os._exit(3)
    if "hang" in completions: time.sleep(1e6)
    if "slow" in completions: time.sleep(1)
    return answer`,
};
const names = Object.keys(files).filter((name) => !(pythonMissing && name.endsWith('.py')));

describe.each(names)('%s', (name) => {
  const score = async (completions: string[]) => {
    const folder = folderWith(files);
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const set = await open([{ file: join(folder, name) }], { timeoutSeconds: 1.4, onWarning });
    const table = await set.score({
      prompts: completions.map((_, row) => `p${row}`),
      completions,
      completionIds: completions.map((_, row) => [row]),
      columns: { answer: completions.map((_, row) => row) },
    });
    const calls = readFileSync(join(folder, 'calls.txt'), 'utf8').trim().split(' ').map(Number);
    return { table, outcomes: table.columns[0]!.outcomes, calls, warnings };
  };

  test.each([
    ['throw', 'throw', name.endsWith('.py') ? 7 : 5],
    ['exit', 'crash', 3],
    ['hang', 'timeout', 3],
  ])('%s costs its own row', async (completion, kind, line) => {
    const { table, outcomes, calls, warnings } = await score(['a', completion, 'ccc']);
    expect(brief(outcomes)).toEqual([0, kind, 2]);
    expect(outcomes[1]).toMatchObject({ line, file: expect.stringMatching(/batch\.(py|reward\.ts)$/) });
    expect(calls).toEqual([3, 1, 1, 1]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /batch\.\S+:\d+(:\d+)?: scored: the call on 3 completions failed \(.+\); called on each alone, it scored 2 of them, without the others to compare with\.$/,
      ),
    ]);
    if (name.endsWith('.py')) {
      // Of the calls that gave a score, each value once; the column still has a value for each completion.
      expect(table.metrics).toEqual({ length: 2 });
      expect(table.extra.seen).toEqual([['a', 'p0', [0]], null, ['ccc', 'p2', [2]]]);
    } else expect(outcomes[2]).toMatchObject({ reason: 'ccc p2 2' });
  });

  test('rows that time out do not cost a timeout each', async () => {
    const { outcomes, calls, warnings } = await score(['a', ...Array(10).fill('hang')]);
    expect(brief(outcomes)).toEqual([0, ...Array(10).fill('timeout')]);
    expect(outcomes[3]).toMatchObject({ message: 'The function took longer than 1.4 s and was stopped.' });
    expect(outcomes[4]).toMatchObject({
      message:
        'The function was not called on this completion alone: the calls before took 3 times its limit of 1.4 s together.',
    });
    expect(calls).toEqual([11, 1, 1, 1, 1]);
    expect(warnings).toHaveLength(1);
  });

  test('where every row fails, the failures say all', async () => {
    const { outcomes, calls, warnings } = await score(['throw', 'throw']);
    expect(brief(outcomes)).toEqual(['throw', 'throw']);
    expect({ calls, warnings }).toEqual({ calls: [2, 1, 1], warnings: [] });
  });

  test('slow rows have three time limits together, whether they fail or not', async () => {
    const { outcomes, calls } = await score(['throw', 'slow', 'hang', ...Array(6).fill('slow'), 'a']);
    expect(brief(outcomes)[0]).toBe('throw');
    expect(outcomes.at(-1)).toMatchObject({
      failure: 'timeout',
      message: expect.stringContaining('3 times its limit'),
    });
    // One limit for the row that hangs, and two for rows of at least a second.
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.length).toBeLessThanOrEqual(6);
  });

  test('is told once for a function and a place', async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const set = await open([{ file: join(folderWith(files), name) }], { onWarning });
    for (const completions of [
      ['a', 'throw'],
      ['throw', 'b', 'c'],
      ['a', 'b'],
      ['throw', 'd'],
    ])
      await set.score({
        ...batchOf(completions, { answer: completions.map(() => 1) }),
        completionIds: completions.map(() => [1]),
      });
    expect(warnings).toHaveLength(1);
  });

  test('a completion that is alone is not tried again', async () => {
    expect((await score(['throw'])).calls).toEqual([1]);
  });
});

test.skipIf(pythonMissing)('a result of the wrong length is a mistake of the function, on every row', async () => {
  const source = 'def short(completions, **kwargs): return [1.0]';
  const set = await open([{ file: join(folderWith({ 'short.py': source }), 'short.py') }]);
  expect(brief(await outcomesOf(set, batchOf(['a', 'b'])))).toEqual(['wrong-length', 'wrong-length']);
});
