/** One group's way through GRPO, with its own numbers: text, formulas and tables, for a page and for a terminal. */
import type { Arithmetic } from '../grpo/advantage-arithmetic.ts';
import type { AdvantageOptions } from '../grpo/advantages.ts';
import type { LossOptions } from '../grpo/loss.ts';
import type { Selection } from '../grpo/rejection.ts';
import { isZero } from '../grpo/statistics.ts';
import { decimalsFor, formatAdvantage, formatFixed, formatNumber } from '../text/numbers.ts';
import { arithmeticText } from './arithmetic-text.ts';
import { advantageFormulas, advantageSentence, baseline, processSentences } from './explain-advantage.ts';
import { held } from './explain-kl.ts';
import { type Explanation, type ExplanationSection, numbered, shortened } from './explain-parts.ts';
import { miniBatchSentence, type PassOptions } from './explain-passes.ts';
import { clipSentences, ratioTable } from './explain-ratios.ts';
import { keptSection } from './explain-selection.ts';
import { advantageSource, ratioSource, SAMPLING, SCORING, weightSource } from './explain-sources.ts';
import {
  entropySentence,
  firstRatio,
  learnedAdvantage,
  learningTokens,
  type Pull,
  pairSentence,
  pullOf,
  weightSentence,
} from './explain-weights.ts';
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
  truncated: boolean;
  /** It counts in the loss: not so when it was cut off and `maskTruncatedCompletions` is set. */
  counts: boolean;
  /** ρ of each token in the last pass, where the policy had moved by then. */
  ratios?: readonly number[] | undefined;
  /** k3 estimate of KL(policy ‖ reference) of each token. */
  kl?: readonly number[] | undefined;
  /** Process supervision: of each token. */
  advantages?: readonly number[] | undefined;
  /** `topEntropyQuantile`: 1 on the tokens that learn, in the last pass. */
  learns?: readonly number[] | undefined;
  /** A rejection stage keeps it. */
  kept?: boolean | undefined;
  /** Of a replayed one, where it is known: how much it counts. */
  weight?: number | undefined;
  /** `dpoCoef`: it is the better (true) or the worse one of its group's pair. */
  preferred?: boolean | undefined;
}

export interface ExplainedGroup {
  /** "Group 3 of step 12". */
  title: string;
  prompt: string;
  functions: readonly WeightedFunction[];
  options: AdvantageOptions & LossOptions & PassOptions & { dpoCoef: number };
  completions: readonly ExplainedCompletion[];
  /** Of the whole step: completions, and tokens that count in the loss. */
  step: { rows: number; tokens: number };
  /** What a rejection stage keeps: nothing is learned in its steps. */
  selection?: Selection | undefined;
}

/** From completions to what the update pushes up and down, or to what is kept of them. */
export function explainGroup(group: ExplainedGroup): Explanation {
  const { title, completions, selection } = group;
  const first = [sampled(group), rewarded(group)];
  const ofGroup = title.replace(/^G/, 'g');
  if (selection)
    return { title, heading: `What is kept of ${ofGroup}`, sections: [...first, keptSection(completions, selection)] };
  return {
    title,
    heading: `How GRPO learns from ${ofGroup}`,
    sections: [
      ...first,
      baseline(group.completions, group.options),
      advantages(group),
      ratios(group),
      held(group),
      pulls(group),
    ],
  };
}

function sampled({ prompt, completions, options: { replayedFrom } }: ExplainedGroup): ExplanationSection {
  return {
    title: '1. The policy answers one prompt several times',
    source: SAMPLING,
    text: [
      `Prompt: ${shortened(prompt)}`,
      `The policy samples a group of G = ${completions.length} completions o₁ … o${subscript(completions.length)} for it. They are compared with each other, and with nothing else.`,
      ...(replayedFrom === undefined
        ? []
        : [
            `This was done in step ${replayedFrom}, which gave them their rewards and advantages; the group had a learning signal, and comes back (\`replay\`).`,
          ]),
    ],
  };
}

const subscript = (count: number): string =>
  String(count).replaceAll(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));

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
        length === 0 ? '–' : String(length),
        ...functions.map(({ name }) => formatFixed(rewards[name] ?? null, decimals)),
        formatFixed(reward, totals),
      ]),
    },
  };
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
            ...processSentences(options),
          ]
        : []),
    ],
    formulas: advantageFormulas(options, completions),
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

function ratios({ completions, options }: ExplainedGroup): ExplanationSection {
  const table = ratioTable(completions, options);
  const hasSignal = completions.some(({ advantage, advantages }) =>
    (advantages ?? [advantage]).some((each) => !isZero(each)),
  );
  const later = hasSignal || options.beta !== 0 ? 'not recorded' : 'no signal';
  return {
    title: '5. How far the policy has moved: ratio and clipping',
    source: ratioSource(options),
    text: clipSentences(options, table ? 'known' : later),
    formulas: ['ρ = π(token) ÷ π_old(token),  π_old: the policy that sampled'],
    ...(table && { table }),
  };
}

function pulls({ completions, options, step }: ExplainedGroup): ExplanationSection {
  const title = '7. What the update pushes up and down';
  if (completions.every(({ length }) => length === 0))
    return {
      ...{ title, source: weightSource(options.lossType) },
      text: [
        'How many tokens the completions have was not recorded, so it is not known how strongly each of them pulls.',
      ],
    };
  const all = completions.map((completion) => pullOf(completion, options, step));
  const strongest = Math.max(...all.map(({ pull }) => Math.abs(pull)));
  const cap = firstRatio(options) === 1 ? '' : ` × ${formatNumber(firstRatio(options))} (the cap on its ratio)`;
  // Process supervision: the tokens of a completion have advantages of their own.
  const byToken = completions.some(({ advantages }) => advantages !== undefined);
  const isReplayed = options.replayedFrom !== undefined;
  return {
    title,
    source: weightSource(options.lossType),
    text: [
      weightSentence(options.lossType, step, options.maxCompletionLength),
      ...miniBatchSentence(options),
      ...(isReplayed ? [REPLAYED] : []),
      ...entropySentence(options, completions),
      ...pairSentence(options, completions),
      ...(strongest === 0 ? [untouched(completions)] : []),
      ...(completions.some(({ counts }) => !counts)
        ? ['Completions that were cut off do not count (`maskTruncatedCompletions`).']
        : []),
    ],
    formulas: [
      `pull = ${byToken ? 'Σ A of its tokens' : 'A × tokens'} × weight of a token${cap}${isReplayed ? ' × w' : ''}`,
    ],
    table: {
      head: [
        '',
        'completion',
        byToken ? 'Σ A' : 'A',
        options.topEntropyQuantile < 1 ? 'learning' : 'tokens',
        ...(isReplayed ? ['w'] : []),
        'pull',
        '',
      ],
      numbers: [false, false, true, true, ...(isReplayed ? [true] : []), true, false],
      rows: numbered(
        completions.map((completion, i) => ({ ...completion, pull: all[i]!.pull })),
        ({ pull, ...completion }) => [
          shortened(completion.completion),
          formatAdvantage(byToken ? learnedAdvantage(completion) : completion.advantage, 2),
          String(learningTokens(completion)),
          ...(isReplayed ? [formatNumber(completion.weight)] : []),
          signed(pull),
          direction(pull, strongest),
        ],
      ),
    },
  };
}

const REPLAYED =
  'A replayed completion counts w times: how much more likely its tokens are at the start of this step than when they were sampled, on average and at most `replay.maxWeight` (truncated importance sampling).';

function untouched(completions: ExplainedGroup['completions']): string {
  const nothing = completions.every(({ advantage, advantages = [] }) => isZero(advantage) && advantages.every(isZero));
  const why = nothing ? 'All advantages are 0' : 'None of its tokens learn';
  return `${why}: the update does not touch this group.`;
}

const signed = (value: number): string => (value > 0 ? `+${formatNumber(value)}` : formatNumber(value));

/** Up to five marks: how strongly, compared with the strongest of the group. */
function direction(pull: Pull['pull'], strongest: number): string {
  if (isZero(pull)) return 'unchanged';
  const marks = Math.max(1, Math.round((5 * Math.abs(pull)) / strongest));
  return pull > 0 ? `${'▲'.repeat(marks)} more likely` : `${'▼'.repeat(marks)} less likely`;
}
