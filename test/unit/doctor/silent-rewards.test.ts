import { expect, test } from 'vitest';
import { silentRewards } from '../../../src/doctor/silent-rewards.ts';
import { type Given, recorded } from './recorded.ts';

/** A function that tells completions apart, beside another. */
const beside = (other: (step: number, group: number, index: number) => number | null, more: Partial<Given> = {}) =>
  recorded(8, (step, group, index) => ({ ...more, rewards: { correct: index % 2, other: other(step, group, index) } }));
const found = async ({ history, completionsOf }: ReturnType<typeof recorded>) => silentRewards(history, completionsOf);

test('a function abstains on everything', async () => {
  const abstains = beside(() => null);
  expect(await found(abstains)).toMatchObject([
    {
      ...{ kind: 'always-abstains', severity: 'warning', metrics: ['rewards/other/mean'] },
      evidence: expect.stringContaining('In steps 1 to 8, "other" abstained on all 128 completions'),
    },
  ]);
  // In another stage it may not.
  const config = {
    stages: [
      { kind: 'sft' as const, maxSteps: 0 },
      { kind: 'grpo' as const, maxSteps: 8 },
    ],
  } as never;
  const staged = { ...abstains, history: { ...abstains.history, config } };
  expect(await found(staged)).toMatchObject([{ severity: 'information' }]);
  // It has scored prompts before.
  const rare = recorded(12, (step, _, index) => ({ rewards: { correct: index % 2, other: step < 3 ? 1 : null } }));
  expect(await found(rare)).toMatchObject([{ kind: 'always-abstains', severity: 'information' }]);
});

test('what failed has not abstained', async () => {
  expect(
    await found(beside(() => null, { error: 'other: gone', failure: { name: 'other', message: 'gone' } })),
  ).toEqual([]);
});

test('a function never tells completions apart', async () => {
  expect(await found(beside(() => 0))).toMatchObject([
    { kind: 'constant-function', severity: 'warning', evidence: expect.stringContaining('gave every completion 0') },
  ]);
  expect(await found(beside(() => 1))).toMatchObject([
    { severity: 'information', evidence: expect.stringContaining('all earn it') },
  ]);
  expect(await found(beside((_, group) => group))).toMatchObject([
    { severity: 'warning', evidence: expect.stringContaining('it depends on the prompt alone') },
  ]);
});

test('a function that has varied before is solved, not broken', async () => {
  const solved = recorded(12, (step, _, index) => ({
    rewards: { correct: index % 2, other: step < 3 ? index % 2 : 1 },
  }));
  expect(await found(solved)).toEqual([]);
});

test('one that varies, is only watched, penalizes length or scores steps is left alone', async () => {
  expect(await found(beside((_, group, index) => (group === 3 && index === 3 ? 1 : 0)))).toEqual([]);
  const watched = beside(() => 0);
  const functions = watched.history.functions.map((each) => (each.name === 'other' ? { ...each, weight: 0 } : each));
  expect(await found({ ...watched, history: { ...watched.history, functions } })).toEqual([]);
  expect(await found(beside(() => 0, { steps: { other: [{ end: 3, score: 1 }] } }))).toEqual([]);
  const penalty = recorded(8, (_, __, index) => ({ rewards: { correct: index % 2, overlong_penalty: 0 } }));
  expect(await found(penalty)).toEqual([]);
});

test('where no function varies, there is another finding', async () => {
  expect(await found(recorded(8, () => ({ rewards: { correct: 0, other: 0 } })))).toEqual([]);
});

const thinking = (more: Partial<Given>, reward = 'format') =>
  recorded(8, (_, group, index) => ({
    rewards: { correct: index % 2, [reward]: 0 },
    completion: `so ${group}</think> ${index}`,
    rendered_prompt: '<|user|>How many?<|assistant|><think>\n',
    ...more,
  }));

test('a format reward waits for a tag that the chat template opens', async () => {
  const [finding] = await found(thinking({}));
  expect(finding).toMatchObject({
    ...{
      kind: 'opened-tag',
      severity: 'warning',
      place: { file: 'format.reward.ts' },
      remedy: { action: 'fix-reward' },
    },
    evidence: expect.stringContaining('128 of 128 completions closed it, and "format" gave every one 0'),
  });
  // A reason names the tag.
  const named = thinking({ details: { rule: { reason: 'it does not begin with <think>' } } }, 'rule');
  expect(await found(named)).toMatchObject([{ kind: 'opened-tag' }]);
});

test('is not accused where the prompt ends otherwise, the tag is opened again or never closed, or the function judges something else', async () => {
  const kinds = async (run: ReturnType<typeof recorded>) => (await found(run)).map(({ kind }) => kind);
  expect(await kinds(thinking({ rendered_prompt: '<|user|>How many?<|assistant|>' }))).toEqual(['constant-function']);
  expect(await kinds(thinking({ completion: '<think>so</think> 4' }))).toEqual(['constant-function']);
  expect(await kinds(thinking({ completion: 'so it goes' }))).toEqual(['constant-function']);
  expect(await kinds(thinking({}, 'helpful'))).toEqual(['constant-function']);
});
