import { describe, expect, it } from 'vitest';
import type { Completion } from '../../../src/protocol/dashboard-completion.ts';
import { groupsOf, promptTitle, selectGroups } from '../../../webview/rollouts/model.ts';

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

  it('orders completions from the lowest reward to the highest', () => {
    expect(groups[0]!.completions.map(({ reward }) => reward)).toEqual([0, 2]);
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

describe('selectGroups', () => {
  const groups = groupsOf(rows);
  const indices = (search: string, filter: string, sort: string) =>
    selectGroups(groups, search, filter, sort).map(({ index }) => index);

  it('searches prompts, completions, reasons, extracted answers and errors', () => {
    expect(indices('PROMPT 1', 'all', 'order')).toEqual([1]);
    expect(indices('expected 42', 'all', 'order')).toEqual([0]);
    expect(indices('boom', 'all', 'order')).toEqual([3]);
    expect(indices('nowhere', 'all', 'order')).toEqual([]);
  });

  it('filters and orders', () => {
    expect(indices('', 'no-signal', 'order')).toEqual([1, 2, 3, 4]);
    expect(indices('', 'truncated', 'order')).toEqual([2]);
    expect(indices('', 'failed', 'order')).toEqual([3]);
    expect(indices('', 'all', 'mean-down').slice(0, 3)).toEqual([1, 0, 2]);
  });

  it('shows everything for a filter that it does not know', () => {
    expect(indices('', 'of another release', 'neither')).toEqual([0, 1, 2, 3, 4]);
  });
});
