/** What an explanation cites is what the run's own settings do. */
import { expect, test } from 'vitest';
import { demoGroup } from '../../../src/cli/explain-demo.ts';
import { explainGroup } from '../../../src/protocol/explanation.ts';

const sourcesWith = (options: object): (string | undefined)[] => {
  const group = demoGroup();
  return explainGroup({ ...group, options: { ...group.options, ...options } }).sections.map(({ source }) => source);
};

test('plain GRPO is DeepSeekMath throughout', () => {
  const math = 'DeepSeekMath, arXiv:2402.03300';
  expect(sourcesWith({})).toEqual([
    `${math}, algorithm 1`,
    `${math}, section 4.1.2`,
    `${math}, section 4.1.1`,
    `${math}, section 4.1.2`,
    `${math}, equation 3; PPO, arXiv:1707.06347, equation 7`,
    `${math}, equation 4`,
    `${math}, equation 3`,
  ]);
});

test.each<[string, object, number, RegExp | undefined]>([
  ['the deviation of the step', { scaleRewards: 'batch' }, 4, /^Lite PPO, arXiv:2508\.08221$/],
  ['no deviation', { scaleRewards: 'none' }, 4, /^Dr\. GRPO/],
  ['functions apart', { multiObjectiveAggregation: 'normalize_then_sum' }, 4, /^GDPO/],
  ['no baseline: no group mean', { baseline: 'none' }, 3, undefined],
  ['no baseline: the reward as advantage', { baseline: 'none' }, 4, undefined],
  ['a higher upper bound', { epsilonHigh: 0.28 }, 5, /DAPO, arXiv:2503\.14476, section 3\.1$/],
  ['ratios of completions', { importanceSamplingLevel: 'sequence' }, 5, /^GSPO, arXiv:2507\.18071, equation 7;/],
  ['capped weights', { lossType: 'cispo' }, 5, /^CISPO, arXiv:2506\.13585, equations 4 and 5$/],
  ['a soft gate', { lossType: 'sapo' }, 5, /^SAPO, arXiv:2511\.20347$/],
  ['unclipped ratios', { lossType: 'ratio' }, 5, /^PPO, arXiv:1707\.06347, equation 6$/],
  ['no ratios', { lossType: 'reinforce' }, 5, undefined],
  ['a corrected divergence', { useBiasCorrectionKl: true }, 6, /DeepSeek-V3\.2, arXiv:2512\.02556, section 3\.1$/],
  ['no divergence', { beta: 0 }, 6, undefined],
  ['all tokens alike', { lossType: 'dapo' }, 7, /^DAPO, arXiv:2503\.14476, section 3\.3$/],
])('%s', (_, options, section, source) => {
  const cited = sourcesWith(options)[section - 1];
  if (source) expect(cited).toMatch(source);
  else expect(cited).toBeUndefined();
});
