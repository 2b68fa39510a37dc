import { describe, expect, it } from 'vitest';
import type { EvaluatedCompletion } from '../../../src/protocol/dashboard-completion.ts';
import { countGains, gainOf, matchPrompts, sortPrompts } from '../../../src/protocol/matched-prompts.ts';
import type { Prompt } from '../../../src/protocol/rewards.ts';

const row = (group: number, prompt: Prompt, reward: number | null, completion = 'c'): EvaluatedCompletion => ({
  ...{ step: 9, group, prompt, completion, rewards: { f: reward }, reward },
  ...{ length: 3, truncated: false, error: null, columns: { answer: String(prompt) } },
});
const told = (...evaluations: EvaluatedCompletion[][]) =>
  matchPrompts(evaluations).map(({ title, sides }) => [title, ...sides.map((side) => side?.reward)]);

describe('matchPrompts', () => {
  it('goes by the prompt, not by its place', () => {
    expect(told([row(0, 'a', 1), row(1, 'b', 2)], [row(0, 'b', 5), row(1, 'c', 7)])).toEqual([
      ['a', 1, undefined],
      ['b', 2, 5],
      ['c', undefined, 7],
    ]);
  });

  it('takes the mean of several completions, and sorts them by reward', () => {
    const [prompt] = matchPrompts([[row(0, 'a', 1), row(0, 'a', null), row(0, 'a', 4)]]);
    expect(prompt!.sides[0]!.reward).toBe(2.5);
    expect(prompt!.sides[0]!.completions.map(({ reward }) => reward)).toEqual([4, 1, null]);
  });

  it('matches a prompt that is there twice in order', () => {
    expect(told([row(0, 'a', 1), row(1, 'a', 2)], [row(4, 'a', 3), row(7, 'a', 4), row(9, 'a', 5)])).toEqual([
      ['a', 1, 3],
      ['a', 2, 4],
      ['a', undefined, 5],
    ]);
  });

  it('reads chats by their messages, and calls them by the last of the user', () => {
    const chat = (question: string): Prompt => [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: `What is\n${question}?` },
    ];
    expect(told([row(0, chat('this'), 1)], [row(3, chat('this'), 2), row(0, chat('that'), 0)])).toEqual([
      ['What is this?', 1, 2],
      ['What is that?', undefined, 0],
    ]);
  });
});

describe('prompts by gain', () => {
  const prompts = matchPrompts([
    [row(0, 'same', 1), row(1, 'worse', 5), row(2, 'better', 1), row(3, 'only here', 1), row(4, 'unscored', null)],
    [row(0, 'same', 1), row(1, 'worse', 2), row(2, 'better', 4), row(4, 'unscored', 1)],
  ]);
  const titles = (sort: 'order' | 'gain' | '-gain') => sortPrompts(prompts, sort, 1).map(({ title }) => title);

  it('have those last that have none', () => {
    expect(titles('-gain')).toEqual(['better', 'same', 'worse', 'only here', 'unscored']);
    expect(titles('gain')).toEqual(['worse', 'same', 'better', 'only here', 'unscored']);
    expect(titles('order')).toEqual(['same', 'worse', 'better', 'only here', 'unscored']);
  });

  it('gain is what the second has more than the first', () => {
    expect(prompts.map((prompt) => gainOf(prompt, 1))).toEqual([0, -3, 3, null, null]);
    expect(countGains(prompts, 1)).toEqual({ up: 1, down: 1, zero: 1 });
  });

  it('is none where only rounding differs', () => {
    const sides = [[row(0, 'a', 0.1 + 0.2)], [row(0, 'a', 0.3)]];
    expect(countGains(matchPrompts(sides), 1)).toEqual({ up: 0, down: 0, zero: 1 });
  });
});
