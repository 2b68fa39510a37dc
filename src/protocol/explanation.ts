/** One group's way through GRPO, with its own numbers: text, formulas and tables, for a page and for a terminal. */
import type { Arithmetic } from '../grpo/advantage-arithmetic.ts';
import type { AdvantageOptions } from '../grpo/advantages.ts';
import type { LossOptions } from '../grpo/loss.ts';
import { isZero, mean, standardDeviation } from '../grpo/statistics.ts';
import { decimalsFor, formatAdvantage, formatFixed, formatNumber } from '../text/numbers.ts';
import { arithmeticText } from './arithmetic-text.ts';
import { held } from './explain-kl.ts';
import { type Explanation, type ExplanationSection, numbered, shortened } from './explain-parts.ts';
import { clipSentences, ratioTable } from './explain-ratios.ts';
import { advantageSource, GROUP_BASELINE, ratioSource, SAMPLING, SCORING, weightSource } from './explain-sources.ts';
import { firstRatio, type Pull, pullOf, weightSentence } from './explain-weights.ts';
import type { WeightedFunction } from './step-settings.ts';

export interface ExplainedCompletion {
  completion: string;
  /** By function; null where it abstained or failed. */
  rewards: Record<string, number | null>;
  reward: number | null;
  /** As it was recorded. */
  advantage: number;
  /** How the run's settings make it; undefined where that cannot be told. */
  arithmetic: Arithmetic | undefined;
  /** Tokens that the policy wrote. */
  length: number;
  /** It counts in the loss: not so when it was cut off and `maskTruncatedCompletions` is set. */
  counts: boolean;
  /** ρ of each token in the last pass, where there was more than one. */
  ratios?: readonly number[] | undefined;
  /** k3 estimate of KL(policy ‖ reference) of each token. */
  kl?: readonly number[] | undefined;
  /** Process supervision: of each token. */
  advantages?: readonly number[] | undefined;
}

export interface ExplainedGroup {
  /** "Group 3 of step 12". */
  title: string;
  prompt: string;
  functions: readonly WeightedFunction[];
  options: AdvantageOptions & LossOptions & { numIterations: number };
  completions: readonly ExplainedCompletion[];
  /** Of the whole step: completions, and tokens that count in the loss. */
  step: { rows: number; tokens: number };
}

/** From completions to what the update pushes up and down. */
export function explainGroup(group: ExplainedGroup): Explanation {
  return {
    title: group.title,
    sections: [
      sampled(group),
      rewarded(group),
      baseline(group),
      advantages(group),
      ratios(group),
      held(group),
      pulls(group),
    ],
  };
}

function sampled({ prompt, completions }: ExplainedGroup): ExplanationSection {
  return {
    title: '1. The policy answers one prompt several times',
    source: SAMPLING,
    text: [
      `Prompt: ${shortened(prompt)}`,
      `The policy samples a group of G = ${completions.length} completions o₁ … o_G for it. They are compared with each other, and with nothing else.`,
    ],
  };
}

function rewarded({ functions, completions }: ExplainedGroup): ExplanationSection {
  const scores = completions.flatMap(({ rewards }) => Object.values(rewards));
  const decimals = decimalsFor(scores);
  const totals = decimalsFor(completions.map(({ reward }) => reward));
  const abstained = scores.some((score) => score === null);
  const sum = functions.map(({ name, weight }) => (weight === 1 ? name : `${formatNumber(weight)} × ${name}`));
  return {
    title: '2. Reward functions score each of them',
    source: SCORING,
    text: [
      'The total reward R is the weighted sum of what the functions give.',
      ...(abstained ? ['A function without a score (–) is skipped; the other weights stay as they are.'] : []),
    ],
    formulas: [`R = ${sum.join(' + ')}`],
    table: {
      head: ['', 'completion', 'tokens', ...functions.map(({ name }) => name), 'R'],
      numbers: [false, false, true, ...functions.map(() => true), true],
      rows: numbered(completions, ({ completion, rewards, reward, length }) => [
        shortened(completion),
        String(length),
        ...functions.map(({ name }) => formatFixed(rewards[name] ?? null, decimals)),
        formatFixed(reward, totals),
      ]),
    },
  };
}

function baseline({ completions, options }: ExplainedGroup): ExplanationSection {
  const rewards = completions.map(({ reward }) => reward);
  const [average, deviation] = [mean(rewards), standardDeviation(rewards)];
  const known = rewards.filter((reward) => reward !== null);
  const title = "3. The group's own mean is the baseline";
  if (average === null) return { title, text: ['No completion has a reward: there is nothing to compare.'] };
  const digits = Math.max(2, decimalsFor([average, deviation]));
  const text =
    options.baseline === 'none'
      ? [
          'This run has no baseline (`baseline: "none"`): rewards are used as they are. The mean says how hard the prompt is.',
        ]
      : [
          'PPO trains a second network to guess how well a prompt should go. GRPO takes the mean of the group: no second network.',
        ];
  if (deviation !== null && isZero(deviation))
    text.push('All rewards are equal: whatever is subtracted, nothing is left. This group teaches nothing.');
  return {
    title,
    source: options.baseline === 'none' ? undefined : GROUP_BASELINE,
    text,
    formulas: [
      `mean = ${sumText(known)} ÷ ${known.length} = ${formatFixed(average, digits)}`,
      ...(deviation === null
        ? []
        : [`std  = √( Σ (R − mean)² ÷ ${known.length - 1} ) = ${formatFixed(deviation, digits)}`]),
    ],
  };
}

/** All of them only where they are few. */
function sumText(values: readonly number[]): string {
  const decimals = decimalsFor(values);
  const texts = values.map((value) => (value < 0 ? `(${formatFixed(value, decimals)})` : formatFixed(value, decimals)));
  return texts.length > 8 ? `(${texts.slice(0, 3).join(' + ')} + … + ${texts.at(-1)})` : `(${texts.join(' + ')})`;
}

function advantages({ completions, functions, options }: ExplainedGroup): ExplanationSection {
  const decimals = Math.max(2, decimalsFor(completions.map(({ advantage }) => advantage)));
  const names = functions.map(({ name }) => name);
  const bySteps = completions.some(({ arithmetic }) => arithmetic?.kind === 'steps');
  return {
    title: '4. Better than the others, or worse: the advantage',
    source: advantageSource(options),
    text: [
      advantageSentence(options),
      ...(bySteps
        ? [
            'Some functions score the steps of a completion (process supervision, section 4.1.3): a token earns what the steps bring that end at or after it. The table has the first token, which led to all of them.',
          ]
        : []),
    ],
    formulas: [advantageFormula(options)],
    table: {
      head: ['', 'completion', 'how', 'A'],
      numbers: [false, false, false, true],
      rows: numbered(completions, ({ completion, arithmetic, advantage }) => [
        shortened(completion),
        arithmetic
          ? withoutResult(arithmeticText({ arithmetic, functions: names, recorded: advantage, decimals }))
          : '',
        formatAdvantage(advantage, decimals),
      ]),
    },
  };
}

/** The result has a column of its own, unless there is more to say. */
const withoutResult = (text: string): string => text.replace(/ = [+−]?[\d.e−]+$/, '');

function advantageSentence({ baseline: kind, multiObjectiveAggregation, scaleRewards }: AdvantageOptions): string {
  if (kind === 'none') return 'The advantage is the reward itself (REINFORCE without a baseline).';
  if (multiObjectiveAggregation === 'normalize_then_sum')
    return "Each function's scores are first compared within the group, so that none drowns the others; their weighted sum is then compared over the whole step.";
  switch (scaleRewards) {
    case 'group':
      return 'What a completion earned above the mean, in standard deviations of its group. Positive: it becomes more likely. Negative: less likely.';
    case 'batch':
      return 'What a completion earned above the mean of its group, in standard deviations of the whole step.';
    case 'none':
      return "What a completion earned above the mean of its group, undivided: Dr. GRPO found that dividing by the group's deviation favors prompts that are too easy or too hard.";
    default:
      return scaleRewards satisfies never;
  }
}

function advantageFormula({ baseline: kind, multiObjectiveAggregation, scaleRewards }: AdvantageOptions): string {
  if (kind === 'none') return 'A = R';
  if (multiObjectiveAggregation === 'normalize_then_sum')
    return 'A = (S − mean of step) ÷ (std of step + 0.0001),  S = Σ weight × (score − mean) ÷ (std + 0.0001)';
  if (scaleRewards === 'none') return 'A = R − mean';
  return `A = (R − mean) ÷ (std${scaleRewards === 'batch' ? ' of step' : ''} + 0.0001)`;
}

function ratios({ completions, options }: ExplainedGroup): ExplanationSection {
  const table = ratioTable(completions, options);
  return {
    title: '5. How far the policy has moved: ratio and clipping',
    source: ratioSource(options),
    text: clipSentences(options, table !== undefined),
    formulas: ['ρ = π(token) ÷ π_old(token),  π_old: the policy that sampled'],
    ...(table && { table }),
  };
}

function pulls({ completions, options, step }: ExplainedGroup): ExplanationSection {
  const all = completions.map((completion) => pullOf(completion, options, step));
  const strongest = Math.max(...all.map(({ pull }) => Math.abs(pull)));
  const cap = firstRatio(options) === 1 ? '' : ` × ${formatNumber(firstRatio(options))} (the cap on its ratio)`;
  // Process supervision: the tokens of a completion have advantages of their own.
  const byToken = completions.some(({ advantages }) => advantages !== undefined);
  return {
    title: '7. What the update pushes up and down',
    source: weightSource(options.lossType),
    text: [
      weightSentence(options.lossType, step, options.maxCompletionLength),
      ...(strongest === 0 ? ['All advantages are 0: the update does not touch this group.'] : []),
      ...(completions.some(({ counts }) => !counts)
        ? ['Completions that were cut off do not count (`maskTruncatedCompletions`).']
        : []),
    ],
    formulas: [`pull = ${byToken ? 'Σ A of its tokens' : 'A × tokens'} × weight of a token${cap}`],
    table: {
      head: ['', 'completion', byToken ? 'Σ A' : 'A', 'tokens', 'pull', ''],
      numbers: [false, false, true, true, true, false],
      rows: numbered(
        completions.map((completion, i) => ({ completion, ...all[i]! })),
        ({ completion: { completion, advantage, advantages, length }, pull }) => [
          shortened(completion),
          formatAdvantage(byToken ? (advantages ?? []).reduce((sum, each) => sum + each, 0) : advantage, 2),
          String(length),
          signed(pull),
          direction(pull, strongest),
        ],
      ),
    },
  };
}

const signed = (value: number): string => (value > 0 ? `+${formatNumber(value)}` : formatNumber(value));

/** Up to five marks: how strongly, compared with the strongest of the group. */
function direction(pull: Pull['pull'], strongest: number): string {
  if (isZero(pull)) return 'unchanged';
  const marks = Math.max(1, Math.round((5 * Math.abs(pull)) / strongest));
  return pull > 0 ? `${'▲'.repeat(marks)} more likely` : `${'▼'.repeat(marks)} less likely`;
}
