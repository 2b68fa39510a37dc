import { expect, test } from 'vitest';
import { demoGroup } from '../../../src/cli/explain-demo.ts';
import { explanationText } from '../../../src/cli/explanation-text.ts';
import { advantageArithmetic, resultOf } from '../../../src/grpo/advantage-arithmetic.ts';
import { computeAdvantages } from '../../../src/grpo/advantages.ts';
import type { Completion } from '../../../src/protocol/dashboard-completion.ts';
import { isClipped } from '../../../src/protocol/explain-ratios.ts';
import { pullOf } from '../../../src/protocol/explain-weights.ts';
import { explainedGroup } from '../../../src/protocol/explained-group.ts';
import { type ExplainedGroup, explainGroup } from '../../../src/protocol/explanation.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { SettledRun } from '../../../src/protocol/step-settings.ts';

const OPTIONS = { scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' } as const;

test('the demo is the same each time, fits a terminal, and its advantages add up to 0', () => {
  const text = explanationText(explainGroup(demoGroup()));
  expect(explanationText(explainGroup(demoGroup()))).toBe(text);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(demoGroup().completions.reduce((sum, { advantage }) => sum + advantage, 0)).toBeCloseTo(0, 10);
  // A citation is not cut in two.
  expect(text).toMatch(
    /^ {2}\[DeepSeekMath, arXiv:2402\.03300, equation 3\n {2}PPO, arXiv:1707\.06347, equation 7\]$/m,
  );
  // A second pass that moves nothing would show nothing of clipping.
  expect(text).toContain('1 of 1');
});

test('an advantage that the settings do not give is said, not hidden', () => {
  const group = demoGroup();
  const [first, ...others] = group.completions;
  const spoiled: ExplainedGroup = { ...group, completions: [{ ...first!, advantage: 9 }, ...others] };
  expect(explanationText(explainGroup(group))).not.toContain('but the run recorded');
  expect(explanationText(explainGroup(spoiled))).toContain('but the run recorded');
});

test('a group without any reward, and one of equal rewards, are explained', () => {
  const group = demoGroup();
  const of = (reward: number | null): ExplainedGroup => {
    const scores = group.completions.map(() => [reward, reward]);
    const lengths = group.completions.map(({ length }) => length);
    const steps = scores.map((row) => row.map(() => []));
    const arithmetic = advantageArithmetic({ scores, steps, lengths, weights: [1, 0.5], groupSize: 8 }, OPTIONS);
    const completions = group.completions.map((completion, i) => ({
      ...completion,
      rewards: { correct: reward, brief: reward },
      reward: reward === null ? null : 1.5 * reward,
      advantage: resultOf(arithmetic[i]!),
      arithmetic: arithmetic[i],
    }));
    return { ...group, completions };
  };
  expect(explanationText(explainGroup(of(null)))).toContain('there is nothing to compare');
  const equal = explanationText(explainGroup(of(1))).replaceAll(/\s+/g, ' ');
  expect(equal).toContain('This group teaches nothing.');
  expect(equal).toContain('the update does not touch this group');
});

test('a token is clipped only in the direction of its advantage', () => {
  const clip = (ratio: number, advantage: number, lossType: 'dapo' | 'cispo' = 'dapo') =>
    isClipped(ratio, advantage, { epsilon: 0.2, epsilonHigh: 0.3, lossType });
  expect([clip(1.31, 1), clip(1.29, 1), clip(0.5, 1)]).toEqual([true, false, false]);
  expect([clip(0.79, -1), clip(0.81, -1), clip(2, -1), clip(2, 0)]).toEqual([true, false, false, false]);
  expect(clip(9, 1, 'cispo')).toBe(false);
});

test('completions without ratios or KL leave the others theirs', () => {
  const [first, ...others] = demoGroup().completions;
  const { ratios: _, kl: __, ...skipped } = first!;
  const text = explanationText(explainGroup({ ...demoGroup(), completions: [skipped, ...others] }));
  const whole = explanationText(explainGroup(demoGroup()));
  const [moved, before] = [text, whole].map((page) =>
    page.split('\n').slice(page.split('\n').findIndex((line) => line.includes('lowest ρ'))),
  );
  expect(moved![1]).toMatch(/#1( +–){4}$/);
  expect(moved!.slice(2, 9)).toEqual(before!.slice(2, 9));
});

test('a long completion pulls more where tokens are averaged over the step, and no more where completions are', () => {
  const step = { rows: 4, tokens: 40 };
  const BOUNDS = { maxCompletionLength: 20, epsilonHigh: 0.2 };
  const pull = (lossType: 'dapo' | 'grpo' | 'dr_grpo', length: number, counts = true, numMiniBatches = 1) =>
    pullOf({ advantage: 2, length, counts }, { ...{ lossType, numMiniBatches }, ...BOUNDS }, step).pull;
  expect([pull('dapo', 10), pull('dapo', 20)]).toEqual([0.5, 1]);
  expect([pull('grpo', 10), pull('grpo', 20)]).toEqual([0.5, 0.5]);
  expect(pull('dr_grpo', 10)).toBeCloseTo((2 * 10) / (4 * 20), 12);
  expect(pull('dapo', 10, false)).toBe(0);
  // Two of the four, of 20 tokens on average.
  expect(pull('dapo', 10, true, 2)).toBe((2 * 10) / 20);
  expect(pull('grpo', 10, true, 2)).toBe(2 / 2);
});

test('under process supervision each token pulls, and is clipped, by its own advantage', () => {
  const [first, ...others] = demoGroup().completions;
  const stepwise = { ...first!, advantage: 1, length: 2, advantages: [1, -1], ratios: [1, 0.5] };
  const step = { rows: 8, tokens: 16 };
  expect(
    pullOf(stepwise, { lossType: 'dapo', maxCompletionLength: 8, epsilonHigh: 0.2, numMiniBatches: 1 }, step).pull,
  ).toBe(0);
  const group = { ...demoGroup(), completions: [stepwise, ...others] };
  expect(explanationText(explainGroup(group))).toContain('1 of 2');
  // Of the first completion, all that pulls is 1 − 1.
  const { formulas, table } = explainGroup(group).sections[6]!;
  expect(formulas![0]).toContain('Σ A');
  expect(table!.rows[0]!.slice(2, 5)).toEqual(['0.00', '2', '0']);
});

/** As one line. */
const textOf = (group: ExplainedGroup): string => explanationText(explainGroup(group)).replaceAll(/\s+/g, ' ');

test('where only some tokens learn, these are counted, and what was not recorded is said', () => {
  const group = demoGroup();
  const options = { ...group.options, topEntropyQuantile: 0.2 };
  expect(textOf({ ...group, options })).toContain('The run did not record which');
  const completions = group.completions.map((completion) => ({
    ...completion,
    learns: Array.from({ length: completion.length }, (_, token) => (token === 1 ? 1 : 0)),
  }));
  const text = textOf({ ...group, options, completions });
  expect(text).toContain('Only the tokens at which the policy is least sure learn, 20 % of them');
  expect(text).not.toContain('did not record which');
  const silent = completions.map((completion) => ({ ...completion, learns: completion.learns.map(() => 0) }));
  expect(textOf({ ...group, options, completions: silent })).toContain('None of its tokens learn');
  expect(textOf(group)).not.toContain('least sure');
});

/** A recorded group of one prompt, by the run's own settings. */
function recorded(config: object, rewards: number[], more: Partial<Completion> = {}): ExplainedGroup {
  const run = {
    config: { ...runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.ts#r'], beta: 0.04 }), ...config },
    rewards: [{ name: 'r', weight: 1 }],
  };
  const { advantages } = computeAdvantages(
    rewards.map((reward) => [reward]),
    [1],
    rewards.length,
    OPTIONS,
  );
  const rows = rewards.map((reward, i) => ({
    ...{ group: 0, prompt: 'p', completion: `c${i}`, rewards: { r: reward }, reward, advantage: advantages[i]! },
    ...{ length: 2, truncated: false, error: null, ...more },
  })) as Completion[];
  return explainedGroup(run as SettledRun, { step: 1, group: 0, rows, tokens: [] });
}

test('the pair of the preference term is named, the first of several that are as good or as bad', () => {
  const group = recorded({ dpoCoef: 0.5 }, [0, 2, 1, 2, 0]);
  // In the order of the explanation: by advantage.
  expect(group.completions.map(({ completion, preferred }) => [completion, preferred])).toEqual([
    ['c1', true],
    ['c3', undefined],
    ['c2', undefined],
    ['c0', false],
    ['c4', undefined],
  ]);
  expect(textOf(group)).toContain('makes #1, the best, more likely than #4, the worst');
  expect(textOf(recorded({ dpoCoef: 0.5 }, [1, 1]))).toContain('it has no pair for the preference term');
  expect(textOf(recorded({}, [0, 1]))).not.toContain('preference');
});

test('a run of a release that had none of this is explained without it', () => {
  const old = { dpoCoef: undefined, topEntropyQuantile: undefined, offPolicyMaskThreshold: undefined };
  const text = textOf(recorded(old, [0, 1]));
  for (const word of ['preference', 'least sure', 'offPolicyMaskThreshold', 'NaN', 'undefined'])
    expect(text).not.toContain(word);
  expect(textOf(recorded({ offPolicyMaskThreshold: 0.5 }, [0, 1]))).toContain('less likely by more than 0.5 nats');
});

test('of a rejection stage, it is explained what is kept, and nothing of an update', () => {
  const group = demoGroup();
  const best = Math.max(...group.completions.map(({ reward }) => reward!));
  const kept = group.completions.findIndex(({ reward }) => reward === best);
  const completions = group.completions.map((completion, i) => ({ ...completion, kept: i === kept }));
  const { heading, sections } = explainGroup({ ...group, completions, selection: { threshold: null, best: 1 } });
  expect(heading).toMatch(/^What is kept of /);
  expect(sections).toHaveLength(3);
  const { table, text } = sections[2]!;
  expect(text.join(' ')).toContain('The stage trains nothing');
  const verdicts = table!.rows.map((row) => row.at(-1));
  expect(verdicts.filter((verdict) => verdict === 'kept')).toHaveLength(1);
  expect(verdicts).toContain('no better than the worst');
  const { text: bounded } = explainGroup({ ...group, completions, selection: { threshold: 1, best: null } })
    .sections[2]!;
  expect(bounded[0]).toBe(
    'A completion is kept if it is rewarded with at least 1 (`threshold`). Of equal texts one is kept, and none that was cut off.',
  );
});

test('equal completions that follow one another share a row', () => {
  const group = demoGroup();
  const [first, ...others] = group.completions;
  const { sections } = explainGroup({ ...group, completions: [first!, first!, ...others.slice(1)] });
  expect(sections[1]!.table!.rows[0]![0]).toBe('#1–2');
});
