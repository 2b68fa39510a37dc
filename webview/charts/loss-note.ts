import type { RunConfig } from '../../src/protocol/run-config.ts';

type LossSettings = Pick<
  RunConfig,
  | 'lossType'
  | 'baseline'
  | 'beta'
  | 'entropyCoef'
  | 'useAdaptiveEntropy'
  | 'dpoCoef'
  | 'sapoTemperaturePos'
  | 'sapoTemperatureNeg'
> &
  Partial<Pick<RunConfig, 'stages'>>;

/**
 * What the loss of a run's settings is before the model has moved, where every ratio is 1 (src/grpo/loss.ts), and why. A completion's
 * advantage is the same for all of its tokens here; process supervision adds what the steps earn.
 */
export function lossNote(config: LossSettings): string {
  const kinds = config.stages?.map(({ kind }) => kind) ?? ['grpo'];
  const supervised = kinds.some((kind) => kind === 'sft' || kind === 'distill');
  const demonstrations = 'In supervised stages, the mean of −log π of the tokens of demonstrations: it should fall.';
  return [supervised && demonstrations, kinds.includes('grpo') && grpoNote(config)].filter(Boolean).join(' ');
}

function grpoNote(config: LossSettings): string {
  const start = startOf(config);
  const { beta, entropyCoef, useAdaptiveEntropy, dpoCoef } = config;
  const terms = [
    beta > 0 && 'the KL divergence × beta',
    (entropyCoef !== 0 || useAdaptiveEntropy) && 'the entropy bonus',
    dpoCoef > 0 && 'the preference term',
  ].filter(Boolean);
  const more = terms.length > 0 ? ` It includes ${terms.join(', ').replace(/, ([^,]*)$/, ' and $1')}.` : '';
  return `${config.stages ? 'In stages of GRPO, not' : 'Not'} a measure of progress: watch the reward. ${start}${more}`;
}

function startOf(config: LossSettings): string {
  switch (config.baseline) {
    case 'none':
      return withoutBaseline(config);
    case 'group':
    case 'leave-one-out':
      return withBaseline(config);
    case 'history':
      return "A group's advantages sum to what its prompt earned more, or less, than in earlier steps, so the loss does not start at 0.";
    default:
      return config.baseline satisfies never;
  }
}

/** The advantages of each group sum to zero; whether the loss does depends on what they are weighted by. */
function withBaseline({ lossType, sapoTemperaturePos, sapoTemperatureNeg }: LossSettings): string {
  const zero = "A group's advantages sum to zero";
  const perToken = `${lossType} averages over tokens, so a long completion counts more than a short one`;
  const lengths =
    'it starts below 0 where longer completions have the higher advantages, above 0 where shorter ones do';
  switch (lossType) {
    case 'grpo':
    case 'ratio':
      return `${zero} and every completion counts the same, so the loss starts near 0 and may rise while the model learns.`;
    case 'dapo':
    case 'bnpo':
      return `${zero}, but ${perToken}: ${lengths}.`;
    case 'luspo':
      return `${zero}, but luspo adds up tokens, so a long completion counts more than a short one: ${lengths}. It is as large as completions are long.`;
    case 'dr_grpo':
      return `${zero}, but dr_grpo adds up tokens, so a long completion counts more than a short one: ${lengths}. Divided by maxCompletionLength, it stays small.`;
    case 'cispo':
    case 'vespo':
      return `${zero}, but ${lossType} weights every token's advantage by its log-probability and averages over tokens: the loss starts above 0 where the better completions are the longer and less likely ones, below 0 where they are the shorter and likelier ones.`;
    case 'reinforce':
      return `${zero}, but each is weighted by the completion's mean log-probability: the loss starts above 0 where the better completions are the less likely ones, below 0 where they are the likelier ones.`;
    case 'sapo':
      return sapoTemperaturePos === sapoTemperatureNeg
        ? `${zero}, so the loss starts near 0 and may rise while the model learns.`
        : `${zero}, but sapo's two temperatures weight positive and negative ones differently: the loss starts slightly ${sapoTemperaturePos < sapoTemperatureNeg ? 'below' : 'above'} 0.`;
    default:
      return lossType satisfies never;
  }
}

function withoutBaseline({ lossType }: LossSettings): string {
  switch (lossType) {
    case 'grpo':
    case 'ratio':
      return 'Without a baseline the advantages are the rewards, so the loss starts at minus their mean.';
    case 'sapo':
      return 'Without a baseline the advantages are the rewards, so the loss starts near minus twice their mean, divided by the temperature.';
    case 'dapo':
    case 'bnpo':
      return 'Without a baseline the advantages are the rewards, so the loss starts at minus their mean over tokens.';
    case 'luspo':
      return 'Without a baseline the advantages are the rewards, so the loss starts at minus the mean of reward × tokens.';
    case 'dr_grpo':
      return 'Without a baseline the advantages are the rewards, so the loss starts at minus their sum over tokens, divided by maxCompletionLength for each completion.';
    case 'cispo':
    case 'vespo':
    case 'reinforce':
      return "Without a baseline the advantages are the rewards, each weighted by its tokens' log-probabilities.";
    default:
      return lossType satisfies never;
  }
}
