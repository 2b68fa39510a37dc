/** The sections on baselines and advantages: what a run's settings make of the rewards of a group. */
import { type Arithmetic, mixedBaseline } from '../grpo/advantage-arithmetic.ts';
import type { AdvantageOptions } from '../grpo/advantages.ts';
import { SHRINKAGE_ROWS } from '../grpo/baselines.ts';
import { isZero, mean, standardDeviation } from '../grpo/statistics.ts';
import { decimalsFor, formatFixed, formatNumber } from '../text/numbers.ts';
import type { ExplanationSection } from './explain-parts.ts';

export const DEEPSEEKMATH = 'DeepSeekMath, arXiv:2402.03300';
const RLOO = 'RLOO, arXiv:2402.14740';
const REINFORCE = 'REINFORCE with reinforcement comparison, Williams 1992';

/** What is explained of a completion here. */
interface Compared {
  reward: number | null;
  advantage: number;
  advantages?: readonly number[] | undefined;
  arithmetic: Arithmetic | undefined;
}

export function baseline(completions: readonly Compared[], options: AdvantageOptions): ExplanationSection {
  const rewards = completions.map(({ reward }) => reward);
  const [average, deviation] = [mean(rewards), standardDeviation(rewards)];
  const known = rewards.filter((reward) => reward !== null);
  const title = TITLES[options.baseline];
  if (average === null) return { title, text: ['No completion has a reward: there is nothing to compare.'] };
  const digits = Math.max(2, decimalsFor([average, deviation]));
  const text = [baselineSentence(options.baseline)];
  const isFlat = completions.every(({ advantage, advantages }) => (advantages ?? [advantage]).every(isZero));
  if (deviation !== null && isZero(deviation) && isFlat)
    text.push('All rewards are equal: whatever is subtracted, nothing is left. This group teaches nothing.');
  return {
    title,
    source: BASELINE_SOURCES[options.baseline],
    text,
    formulas: [
      `mean = ${sumText(known)} ÷ ${known.length} = ${formatFixed(average, digits)}`,
      ...(deviation === null
        ? []
        : [`std  = √( Σ (R − mean)² ÷ ${known.length - 1} ) = ${formatFixed(deviation, digits)}`]),
      ...historyFormulas(completions, options),
    ],
  };
}

const TITLES: Record<AdvantageOptions['baseline'], string> = {
  group: "3. The group's own mean is the baseline",
  none: "3. The group's own mean is the baseline",
  'leave-one-out': '3. The mean of the other completions is the baseline',
  history: "3. The prompt's earlier rewards and the group's mean are the baseline",
};

const BASELINE_SOURCES: Record<AdvantageOptions['baseline'], string> = {
  group: `${DEEPSEEKMATH}, section 4.1.1`,
  none: `${DEEPSEEKMATH}, section 4.1.1`,
  'leave-one-out': RLOO,
  history: REINFORCE,
};

function baselineSentence(kind: AdvantageOptions['baseline']): string {
  switch (kind) {
    case 'none':
      return 'This run has no baseline (`baseline: "none"`): rewards are used as they are. The mean says how hard the prompt is.';
    case 'group':
      return 'PPO trains a second network to guess how well a prompt should go. GRPO takes the mean of the group: no second network.';
    case 'leave-one-out':
      return 'Each completion is compared with the mean of the others (`baseline: "leave-one-out"`), so that its own reward is no part of what it is measured against.';
    case 'history':
      return 'The run remembers a running mean m of what this prompt earned in earlier steps, which counts for h rows (`baseline: "history"`); both means are mixed by their numbers of rows. One odd group moves that less than its own mean.';
    default:
      return kind satisfies never;
  }
}

/** h, m and b of the group's prompt. */
function historyFormulas(completions: readonly Compared[], { baseline: kind }: AdvantageOptions): string[] {
  if (kind !== 'history') return [];
  const parts = completions.map(({ arithmetic }) => (arithmetic?.kind === 'steps' ? arithmetic.outcome : arithmetic));
  const part = parts.find((each) => each?.kind === 'history');
  if (part?.kind !== 'history') return ['h = 0: the run has not seen this prompt before, so b = mean'];
  const { rows, history } = part;
  const [h, m, average] = [history.rows, history.mean, part.mean].map(formatNumber);
  return [
    `h = ${h},  m = ${m}`,
    `b = (h × m + ${rows} × mean) ÷ (h + ${rows}) = (${h} × ${m} + ${rows} × ${average}) ÷ ${formatNumber(rows + history.rows)} = ${formatNumber(mixedBaseline(part))}`,
  ];
}

/** All of them only where they are few. */
function sumText(values: readonly number[]): string {
  const decimals = decimalsFor(values);
  const texts = values.map((value) => (value < 0 ? `(${formatFixed(value, decimals)})` : formatFixed(value, decimals)));
  return texts.length > 8 ? `(${texts.slice(0, 3).join(' + ')} + … + ${texts.at(-1)})` : `(${texts.join(' + ')})`;
}

export function advantageSource({ baseline: kind, multiObjectiveAggregation, scaleRewards }: AdvantageOptions): string {
  if (kind === 'leave-one-out') return RLOO;
  if (kind === 'history') return REINFORCE;
  if (multiObjectiveAggregation === 'normalize_then_sum') return 'GDPO, arXiv:2601.05242';
  return scaleRewards === 'none' ? 'Dr. GRPO, arXiv:2503.20783' : `${DEEPSEEKMATH}, section 4.1.2`;
}

export function advantageSentence(options: AdvantageOptions): string {
  const { baseline: kind, multiObjectiveAggregation, scaleRewards } = options;
  if (kind === 'none') return 'The advantage is the reward itself (REINFORCE without a baseline).';
  if (kind === 'leave-one-out')
    return 'What a completion earned above the mean of the others, undivided: G ÷ (G − 1) times what it earned above the mean of all.';
  if (kind === 'history')
    return 'What a completion earned above the baseline b, undivided. Where all rewards are equal, it still says whether the prompt went better or worse than before.';
  if (multiObjectiveAggregation === 'normalize_then_sum')
    return "Each function's scores are first compared within the group, so that none drowns the others; their weighted sum is then compared over the whole step.";
  switch (scaleRewards) {
    case 'group':
      return 'What a completion earned above the mean, in standard deviations of its group. Positive: it becomes more likely. Negative: less likely.';
    case 'batch':
      return 'What a completion earned above the mean of its group, in standard deviations of the whole step.';
    case 'adaptive':
      return `What a completion earned above the mean of its group, divided by a mix of both deviations: the group's counts for its rows, the step's for ${SHRINKAGE_ROWS} more, because a deviation of few rows is not to be trusted alone.`;
    case 'none':
      return "What a completion earned above the mean of its group, undivided: Dr. GRPO found that dividing by the group's deviation favors prompts that are too easy or too hard.";
    default:
      return scaleRewards satisfies never;
  }
}

export function advantageFormulas(options: AdvantageOptions, completions: readonly Compared[]): string[] {
  const { baseline: kind, multiObjectiveAggregation, scaleRewards } = options;
  if (kind === 'none') return ['A = R'];
  if (kind === 'leave-one-out') return ['A = R − mean of the others'];
  if (kind === 'history') return ['A = R − b'];
  if (multiObjectiveAggregation === 'normalize_then_sum')
    return ['A = (S − mean of step) ÷ (std of step + 0.0001),  S = Σ weight × (score − mean) ÷ (std + 0.0001)'];
  switch (scaleRewards) {
    case 'none':
      return ['A = R − mean'];
    case 'group':
      return ['A = (R − mean) ÷ (std + 0.0001)'];
    case 'batch':
      return ['A = (R − mean) ÷ (std of step + 0.0001)'];
    case 'adaptive':
      return ['A = (R − mean) ÷ (d + 0.0001)', ...shrunkFormulas(completions)];
    default:
      return scaleRewards satisfies never;
  }
}

function shrunkFormulas(completions: readonly Compared[]): string[] {
  const parts = completions.map(({ arithmetic }) => (arithmetic?.kind === 'steps' ? arithmetic.outcome : arithmetic));
  const part = parts.find((each) => each?.kind === 'compared' && each.shrunk);
  const k = SHRINKAGE_ROWS;
  const general = `d = √( (G × std² + ${k} × std of step²) ÷ (G + ${k}) )`;
  if (part?.kind !== 'compared' || !part.shrunk) return [general];
  const { rows, group, batch } = part.shrunk;
  const own = `(${rows} × ${formatNumber(group)}² + ${k} × ${formatNumber(batch)}²) ÷ ${rows + k}`;
  return [general, `  = √( ${own} ) = ${formatNumber(part.reward.deviation!)}`];
}

/** How what the steps bring is added to the rest. */
export function processSentences({ processRewardWeight }: AdvantageOptions): string[] {
  if (typeof processRewardWeight !== 'number') return [];
  return [
    `That is multiplied by ${formatNumber(processRewardWeight)} (\`processRewardWeight\`) and added to what the scores of all functions bring (section 4.1.2).`,
  ];
}
