import { describe, expect, it } from 'vitest';
import type { Completion } from '../../../src/protocol/dashboard-completion.ts';
import { promptTitle } from '../../../src/protocol/message-text.ts';
import { EMPTY_QUERY, type RolloutQuery } from '../../../src/protocol/rollout-query.ts';
import { barsOf, groupsOf, largestAdvantage, mergeEqual, selectGroups } from '../../../webview/rollouts/model.ts';
import { groupLabel } from '../../../webview/rollouts/signals.ts';

function completion(group: number, reward: number | null, more: Partial<Completion> = {}): Completion {
  return {
    step: 3,
    group,
    prompt: `prompt ${group}`,
    completion: `answer ${reward}`,
    rewards: { f: reward },
    reward,
    advantage: 0,
    length: 5,
    truncated: false,
    error: null,
    ...more,
  };
}

const rows = [
  completion(0, 2, { advantage: 0.7 }),
  completion(0, 0, { advantage: -0.7, details: { f: { reason: 'Expected 42', extracted: '41' } } }),
  completion(1, 2),
  completion(1, 2),
  completion(2, 0, { truncated: true }),
  completion(2, 0, { truncated: true }),
  completion(3, null, { error: 'a.reward.ts:3:1: boom' }),
  completion(3, null, { error: 'a.reward.ts:3:1: boom' }),
  completion(4, null),
  completion(4, null),
];

describe('groupsOf', () => {
  const groups = groupsOf(rows);

  it('says of each group whether it teaches anything, and why not', () => {
    expect(groups.map(({ signal }) => signal)).toEqual(['signal', 'too-easy', 'truncated', 'failed', 'abstained']);
  });

  it('says which one was replayed, and from where', () => {
    const [own, replayed] = groupsOf([
      ...rows.slice(0, 2),
      ...rows.slice(0, 2).map((row) => ({ ...row, group: 9, replayed_from: 2 })),
    ]);
    expect(groupLabel(own!)).toBe('signal');
    expect(groupLabel(replayed!)).toBe('replayed from step 2');
  });

  it('orders completions from best to worst', () => {
    expect(groups[0]!.completions.map(({ reward }) => reward)).toEqual([2, 0]);
    expect(groups[0]!.mean).toBe(1);
    expect(groups[0]!.spread).toBeCloseTo(Math.SQRT2, 12);
  });

  it('names a chat by its last question', () => {
    expect(
      promptTitle([
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is\n2+2?' },
      ]),
    ).toBe('What is 2+2?');
  });
});

describe('process supervision', () => {
  // What the steps brought cancels out at the first token, and trains the others.
  const pushed = completion(0, 0, { advantage: 0, advantages: [0, -1.5, 0.5] });
  const other = completion(0, 0, { advantage: 0, advantages: [0, 0] });

  it('has a signal in the advantages of tokens, and is drawn both ways', () => {
    const [group] = groupsOf([pushed, other]);
    expect(group).toMatchObject({ signal: 'signal', spread: 0, largest: 1.5 });
    expect(largestAdvantage([pushed, completion(0, 1, { advantage: -2 })])).toBe(2);
    expect(barsOf(pushed, 1.5)).toEqual([
      { way: 'up', share: 0.5 / 1.5 },
      { way: 'down', share: 1 },
    ]);
    expect(barsOf(other, 1.5)).toEqual([{ way: 'zero', share: 0 }]);
  });

  it('leaves the bars of whole completions as they are', () => {
    expect(barsOf(completion(0, 2, { advantage: 0.7 }), 1.4)).toEqual([{ way: 'up', share: 0.5 }]);
    expect(barsOf(completion(0, 2, { advantage: -1.4 }), 1.4)).toEqual([{ way: 'down', share: 1 }]);
    expect(barsOf(completion(0, null), 1.4)).toEqual([{ way: 'zero', share: 0 }]);
  });
});

describe('mergeEqual', () => {
  it('takes completions together that are the same in all that is shown, at the place of the first', () => {
    const twice = [completion(0, 1), completion(0, 0), completion(0, 1), completion(0, 1, { truncated: true })];
    expect(mergeEqual(twice).map(({ all }) => all.length)).toEqual([2, 1, 1]);
    expect(mergeEqual(twice)[0]!.all).toEqual([twice[0], twice[2]]);
  });
});

describe('selectGroups', () => {
  const groups = groupsOf(rows);
  const indices = (query: Partial<RolloutQuery>, sort = 'index', descending = false) =>
    selectGroups(groups, { ...EMPTY_QUERY, ...query }, { sort, descending }).map(({ index }) => index);

  it('searches prompts, completions, reasons, extracted answers and errors', () => {
    expect(indices({ text: 'PROMPT 1' })).toEqual([1]);
    expect(indices({ text: 'expected 42' })).toEqual([0]);
    expect(indices({ text: '41' })).toEqual([0]);
    expect(indices({ text: 'boom' })).toEqual([3]);
    expect(indices({ text: 'nowhere' })).toEqual([]);
  });

  it('filters by signal, reward, and what became of a completion', () => {
    expect(indices({ signal: 'none' })).toEqual([1, 2, 3, 4]);
    expect(indices({ signal: 'too-easy' })).toEqual([1]);
    expect(indices({ truncated: true })).toEqual([2]);
    expect(indices({ failed: true })).toEqual([3]);
    expect(indices({ least: 2 })).toEqual([0, 1]);
    expect(indices({ of: 'f', most: 0 })).toEqual([0, 2]);
  });

  it('wants one completion that fits all of it', () => {
    expect(indices({ text: 'answer 2', most: 1 })).toEqual([]);
    expect(indices({ text: 'answer 0', most: 1 })).toEqual([0, 2]);
  });

  it('sorts by every column, what is missing last', () => {
    expect(indices({}, 'mean', true)).toEqual([1, 0, 2, 3, 4]);
    expect(indices({}, 'mean', false)).toEqual([2, 0, 1, 3, 4]);
    expect(indices({}, 'spread', true).slice(0, 1)).toEqual([0]);
    expect(indices({}, 'prompt', true)).toEqual([4, 3, 2, 1, 0]);
    expect(indices({}, 'marks', true)[0]).toBe(0);
  });

  it('has the order of the dataset for one that it does not know', () => {
    expect(indices({}, 'of another release')).toEqual([0, 1, 2, 3, 4]);
  });
});
