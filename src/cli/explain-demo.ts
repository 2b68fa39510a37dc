import { advantageArithmetic, resultOf } from '../grpo/advantage-arithmetic.ts';
import { weightedSum } from '../grpo/advantages.ts';
import type { ExplainedGroup } from '../protocol/explanation.ts';

const FUNCTIONS = [
  { name: 'correct', weight: 1 },
  { name: 'brief', weight: 0.5 },
];

/** What a small model might answer, how many tokens that is, and how likely it is to. */
const RESPONSES: readonly { text: string; tokens: number; probability: number }[] = [
  { text: '5', tokens: 2, probability: 0.1 },
  { text: '2 + 3 = 5', tokens: 6, probability: 0.15 },
  { text: 'The answer is 5.', tokens: 6, probability: 0.2 },
  { text: '6', tokens: 2, probability: 0.15 },
  { text: 'The answer is 6.', tokens: 6, probability: 0.2 },
  { text: '23', tokens: 3, probability: 0.1 },
  { text: 'I like numbers a lot.', tokens: 7, probability: 0.1 },
];
/** What it answered, by index. */
const DRAWN = [0, 1, 2, 2, 3, 4, 5, 6];

const correct = (text: string): number => (/\b5\.?$/.test(text) ? 1 : 0);
const brief = (tokens: number): number => Math.max(0, 1 - (tokens - 2) / 4);

/** Big enough that some ratios leave the clip range. */
const LEARNING_RATE = 1.2;
const BETA = 0.04;

/**
 * Eight responses to "2 + 3 = ?". The policy is the smallest that GRPO can train, a softmax over whole responses, so that one response is one
 * action: its second pass, with ratios and KL, is computed as a run's is.
 */
export function demoGroup(): ExplainedGroup {
  const drawn = DRAWN.map((index) => RESPONSES[index]!);
  const scores = drawn.map(({ text, tokens }) => [correct(text), brief(tokens)]);
  const weights = FUNCTIONS.map(({ weight }) => weight);
  const options = {
    scaleRewards: 'group',
    multiObjectiveAggregation: 'sum_then_normalize',
    baseline: 'group',
  } as const;
  const noSteps = scores.map((row) => row.map(() => []));
  const arithmetic = advantageArithmetic(
    { scores, steps: noSteps, lengths: drawn.map(({ tokens }) => tokens), weights, groupSize: drawn.length },
    options,
  );
  const advantages = arithmetic.map(resultOf);
  const before = RESPONSES.map(({ probability }) => probability);
  const after = afterOneUpdate(before, advantages);
  return {
    title: 'GRPO on one prompt: eight responses to "2 + 3 = ?", each a single action',
    prompt: '2 + 3 = ?',
    functions: FUNCTIONS,
    options: {
      ...options,
      ...{ lossType: 'grpo', importanceSamplingLevel: 'token', epsilon: 0.2, epsilonHigh: 0.2, delta: null },
      ...{
        beta: BETA,
        useBiasCorrectionKl: false,
        entropyCoef: 0,
        maxCompletionLength: 8,
        numIterations: 2,
        numMiniBatches: 1,
        dpoCoef: 0,
      },
      ...{
        topEntropyQuantile: 1,
        offPolicyMaskThreshold: null,
        vespoKPos: 2,
        vespoLambdaPos: 3,
        vespoKNeg: 3,
        vespoLambdaNeg: 2,
      },
      ...{ sapoTemperaturePos: 1, sapoTemperatureNeg: 1.05 },
    },
    completions: drawn.map(({ text, tokens }, i) => {
      const ratio = after[DRAWN[i]!]! / before[DRAWN[i]!]!;
      return {
        completion: text,
        rewards: Object.fromEntries(FUNCTIONS.map(({ name }, k) => [name, scores[i]![k]!])),
        reward: weightedSum(scores[i]!, weights),
        advantage: advantages[i]!,
        arithmetic: arithmetic[i],
        length: tokens,
        truncated: false,
        counts: true,
        ratios: [ratio],
        // The reference is the policy as it was before: k3 of the same two probabilities.
        kl: [1 / ratio - Math.log(1 / ratio) - 1],
      };
    }),
    step: { rows: drawn.length, tokens: drawn.reduce((sum, { tokens }) => sum + tokens, 0) },
  };
}

/** The policy gradient of a softmax: ∂ log π(i) / ∂θ_j = [i = j] − π(j), weighted by the advantages. */
function afterOneUpdate(probabilities: readonly number[], advantages: readonly number[]): number[] {
  const logits = probabilities.map((probability, j) => {
    const gradient = DRAWN.reduce(
      (sum, index, i) => sum + (advantages[i]! * ((index === j ? 1 : 0) - probability)) / DRAWN.length,
      0,
    );
    return Math.log(probability) + LEARNING_RATE * gradient;
  });
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / total);
}
