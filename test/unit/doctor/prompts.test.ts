import { expect, test } from 'vitest';
import { leakedPrompts } from '../../../src/doctor/leaked-prompts.ts';
import { repeatedPrompts } from '../../../src/doctor/repeated-prompts.ts';
import { evaluated, recorded } from './recorded.ts';

const run = (prompt: (step: number, group: number) => string, more: Parameters<typeof recorded>[2] = {}) =>
  recorded(12, (step, group) => ({ prompt: prompt(step, group), rewards: { correct: 1 } }), more);

test('the same prompt several times in a step', async () => {
  const { history, completionsOf } = run((step, group) => `Question ${step} ${group >> 1}?`);
  expect(await repeatedPrompts(history, completionsOf)).toMatchObject([
    {
      ...{ kind: 'repeated-prompts', severity: 'warning', steps: { first: 5, last: 12 } },
      evidence: expect.stringContaining('32 groups had only 16 different prompts: the dataset has duplicates'),
      examples: [
        { step: 5, group: 0, row: 0 },
        { step: 5, group: 1, row: 4 },
      ],
    },
  ]);
});

test('few prompts that come up in every step are a note, unless the baseline wants them', async () => {
  const few = (_: number, group: number) => `Question ${group}?`;
  const noted = run(few);
  expect(await repeatedPrompts(noted.history, noted.completionsOf)).toMatchObject([{ severity: 'information' }]);
  const wanted = run(few, { config: { baseline: 'history' } });
  expect(await repeatedPrompts(wanted.history, wanted.completionsOf)).toEqual([]);
  const second = run((step, group) => `Question ${step % 4} ${group}?`);
  expect(await repeatedPrompts(second.history, second.completionsOf)).toEqual([]);
});

const measured = { metrics: (step: number) => ({ eval_reward: step === 12 ? 1 : null }) };
const held = evaluated(() => 1);

test('held-out prompts that are trained on', async () => {
  const { history, completionsOf } = run(
    (step, group) => (group === 0 ? `Held-out question ${step}?` : `Q ${step} ${group}`),
    measured,
  );
  expect(await leakedPrompts(history, completionsOf, held)).toMatchObject([
    {
      ...{ kind: 'held-out-leak', severity: 'warning', metrics: ['eval_reward'] },
      evidence: expect.stringContaining('11 of 16 held-out prompts came up in the 11 steps'),
      examples: [{ step: 1, group: 0, row: 0 }, { step: 2 }, { step: 3 }],
    },
  ]);
});

test('held-out prompts of their own are as they should be', async () => {
  const { history, completionsOf } = run((step, group) => `Q ${step} ${group}`, measured);
  expect(await leakedPrompts(history, completionsOf, held)).toEqual([]);
  const leaked = run((step) => `Held-out question ${step}?`);
  expect(await leakedPrompts(leaked.history, leaked.completionsOf, held)).toEqual([]);
});
