/** Runs whose curves go wrong. */
import { resolve } from 'node:path';
import type { SickRun } from './sick-run.ts';

const SORT = resolve('sample-workspace/rewards/sort.reward.ts');

/** The reward is a JavaScript expression. */
const reward = (expression: string, more = '') => ({
  config: { rewards: ['sick.reward.ts'] },
  files: { 'sick.reward.ts': `${more}export const sick = ({ completion, numbers, answer }) => ${expression};\n` },
});

/** A reward beside that for right answers, with three times its weight. */
const beside = (expression: string, config = {}) => ({
  ...reward(expression),
  config: { rewards: [`${SORT}#inclusion`, { file: 'sick.reward.ts', weight: 3 }], learningRate: 1e-3, ...config },
});

export const SICK_CURVES: readonly SickRun[] = [
  {
    kind: 'all-truncated',
    cause: '`maxCompletionLength` is too small',
    sample: 'sort',
    config: { maxCompletionLength: 2 },
  },
  { kind: 'no-signal', cause: 'every completion earns 0', sample: 'sort', ...reward('0') },
  { kind: 'no-signal', cause: 'every completion earns 1', sample: 'sort', ...reward('1') },
  {
    kind: 'no-signal',
    cause: 'nearly greedy sampling of an easy reward',
    sample: 'sort',
    ...reward('completion.split(" ").length === 4 ? 1 : 0.5'),
    config: { rewards: ['sick.reward.ts'], temperature: 0.01 },
  },
  {
    kind: 'weak-signal',
    cause: 'few prompts can earn anything',
    sample: 'sort',
    ...reward('numbers[0] === 7 ? completion.length % 3 : 0'),
  },
  {
    kind: 'length-collapse',
    cause: 'brevity pays more than right answers',
    sample: 'sort',
    ...beside('-completion.length'),
  },
  {
    kind: 'length-explosion',
    cause: 'length pays more than right answers',
    sample: 'sort',
    ...beside('completion.length', { maxCompletionLength: 64 }),
  },
  {
    kind: 'entropy-collapse',
    cause: '`learningRate` is ten times too large',
    sample: 'sort',
    config: { learningRate: 3e-3 },
  },
  {
    kind: 'kl-runaway',
    cause: '`learningRate` is thirty times too large',
    sample: 'sort',
    config: { learningRate: 1e-2, beta: 0.04 },
  },
  { kind: 'never-clips', cause: '`numIterations` is 1', sample: 'sort', config: {} },
  {
    kind: 'never-clips',
    cause: 'updates are too small to be clipped',
    sample: 'sort',
    config: { numIterations: 2, learningRate: 1e-6 },
  },
  {
    kind: 'gradient-spike',
    cause: 'a rare prompt with huge rewards, and gradients are not clipped',
    sample: 'sort',
    ...reward('(numbers[0] === 9 && numbers[1] > 6 ? 1000 : 1) * completion.length'),
    config: { rewards: ['sick.reward.ts'], scaleRewards: 'none', maxGradNorm: 0 },
  },
  {
    kind: 'nan',
    cause: 'rewards become too large to compute with',
    sample: 'sort',
    ...reward('++calls > 384 ? calls % 2 : calls % 3', 'let calls = 0;\n'),
    config: { rewards: [{ file: 'sick.reward.ts', weight: 1e30 }], scaleRewards: 'none' },
  },
  { kind: 'learning-rate', cause: '`learningRate` is 0', sample: 'sort', config: { learningRate: 0 } },
  { kind: 'learning-rate', cause: '`learningRate` is far too small', sample: 'sort', config: { learningRate: 1e-9 } },
  {
    kind: 'plateau',
    cause: 'a reward that has nothing to do with the completion',
    sample: 'sort',
    ...reward('Math.random()'),
    config: { rewards: ['sick.reward.ts'], maxSteps: 60 },
  },
];
