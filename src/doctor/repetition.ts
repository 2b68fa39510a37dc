import { mean } from '../grpo/statistics.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { ngrams } from '../text/ngrams.ts';
import { formatShare } from '../text/numbers.ts';
import { comparisons, riseOf } from './change.ts';
import {
  earlySteps,
  type RecordedCompletion,
  type RecordedStep,
  recentSteps,
  shownBy,
  stepsText,
} from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';

const STEPS = 3;
const WORDS = 3;
/** A mean share of repeated n-grams that is a loop in any task, and one that is where it was less at first by `GROWN`: code and tables repeat, too. */
const LOOPS = 0.6;
const MUCH = 0.3;
const GROWN = 0.2;

/** Completions that say the same words over and over. */
export async function repetition(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const recent = await recentSteps(history, completionsOf, STEPS);
  if (recent.length < STEPS) return [];
  const early = await earlySteps(history, completionsOf);
  const [before, now] = [meanShare(early), meanShare(recent)];
  const grown = now >= MUCH && now - before >= GROWN;
  if (!grown && now < LOOPS) return [];
  const paid = grown && comparisons(history).some((comparison) => riseOf(history, comparison) !== undefined);
  const change = grown ? `, up from ${formatShare(round(before))} in ${stepsText(early)}` : '';
  const story = paid
    ? ' The reward rose with it: a function pays for length or for words, however often they are said.'
    : '';
  return [
    {
      kind: 'repetition',
      severity: 'warning',
      title: paid ? 'Reward rises with repetition' : 'Completions repeat themselves',
      evidence: `In ${stepsText(recent)}, ${formatShare(round(now))} of the sequences of ${WORDS} words in a completion repeat one before${change}.${story} \`repetitionPenalty()\` of "grpo/rewards" costs what is said again.`,
      ...shownBy(
        recent,
        recent.flatMap(({ rows }) => rows).toSorted((a, b) => share(b) - share(a)),
      ),
      metrics: paid ? ['reward', 'completions/mean_length'] : ['completions/mean_length'],
    },
  ];
}

/** Of the n-grams of a completion, those that were there before. */
function share({ completion }: Pick<RecordedCompletion, 'completion'>): number {
  const { count, times } = ngrams(completion, WORDS);
  return count === 0 ? 0 : 1 - times.size / count;
}

const meanShare = (steps: readonly RecordedStep[]): number => mean(steps.flatMap(({ rows }) => rows).map(share)) ?? 0;
const round = (value: number): number => Math.round(100 * value) / 100;
