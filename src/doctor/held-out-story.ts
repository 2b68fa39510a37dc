import { mean, standardDeviation } from '../grpo/statistics.ts';
import type { EvaluatedCompletion } from '../protocol/dashboard-completion.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { groupBy } from '../text/group-by.ts';
import { formatNumber } from '../text/numbers.ts';
import { type Change, type Comparison, changeOf, comparisonUpTo, riseOf } from './change.ts';
import { type Evaluated, evaluationsIn } from './evaluated-steps.ts';
import { recentSteps, shownBy } from './recorded-steps.ts';
import type { CompletionsOf, EvaluatedOf, RunHistory } from './run-history.ts';

/** Held-out prompts that make a comparison. */
const PROMPTS = 8;
/** Standard errors of a fall, and its size as a share of the rise in training: less is no bargain to worry about. */
const SURE = 3;
const WORTH = 0.1;
/** Flat: certainly less than this share of what training rewards rose by. */
const FOLLOWS = 0.25;
const LIKELY = 2;
const SHOWN = 3;

/** The training reward rises, and that on held-out prompts falls, or does not follow: what is learned does not carry over. */
export async function heldOutStory(
  history: RunHistory,
  completionsOf: CompletionsOf,
  evaluatedOf: EvaluatedOf,
): Promise<RunFinding[]> {
  const evaluations = evaluationsIn(history);
  const last = evaluations.at(-1);
  if (!last) return [];
  const best = evaluations.reduce((a, b) => (b.reward > a.reward ? b : a));
  for (const reference of new Set([best, evaluations[0]!])) {
    const comparison = comparisonUpTo(history, reference.step, last.step);
    const rise = comparison && trainedRise(history, comparison);
    if (!rise) continue;
    const difference = pairedDifference(history, await evaluatedOf(reference.step), await evaluatedOf(last.step));
    const verdict = difference && verdictOf(difference, rise.trained);
    if (!verdict) continue;
    return [await findingOf(history, completionsOf, { reference, last, best, reward: rise.reward, verdict })];
  }
  return [];
}

/** What the reward rose by, as far as held-out prompts are scored by the same functions: penalties on length are for training. */
function trainedRise(history: RunHistory, comparison: Comparison): { reward: Change; trained: number } | undefined {
  const reward = riseOf(history, comparison);
  if (!reward) return undefined;
  const parts = trainedFunctions(history).map(({ name, weight }) => {
    const change = changeOf(history, `rewards/${name}/mean`, comparison);
    return change ? weight * (change.to - change.from) : 0;
  });
  const trained = parts.length > 0 ? parts.reduce((sum, part) => sum + part, 0) : reward.to - reward.from;
  return trained > 0 ? { reward, trained } : undefined;
}

/** Those that the newest step is scored by: stages may have others than evaluations. */
function trainedFunctions(history: RunHistory) {
  const comparison = comparisonUpTo(history, 0, history.metrics.lastStep);
  return history.functions.filter(
    ({ name }) => comparison && changeOf(history, `rewards/${name}/mean`, comparison) !== undefined,
  );
}

/** By how much prompts score more, and the standard error of that; undefined where they are too few to tell. */
function pairedDifference(
  history: RunHistory,
  earlier: readonly EvaluatedCompletion[],
  later: readonly EvaluatedCompletion[],
): { mean: number; error: number } | undefined {
  const [before, after] = [scoresByPrompt(history, earlier), scoresByPrompt(history, later)];
  const differences = [...after].flatMap(([prompt, score]) => {
    const other = before.get(prompt);
    return other === undefined ? [] : [score - other];
  });
  if (differences.length < PROMPTS) return undefined;
  return { mean: mean(differences)!, error: standardDeviation(differences)! / Math.sqrt(differences.length) };
}

function scoresByPrompt(history: RunHistory, rows: readonly EvaluatedCompletion[]): Map<number, number> {
  const functions = trainedFunctions(history);
  const total = ({ reward, rewards }: EvaluatedCompletion): number | null => {
    if (functions.length === 0) return reward;
    const scores = functions.flatMap(({ name, weight }) => {
      const score = rewards[name];
      return typeof score === 'number' ? [weight * score] : [];
    });
    return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0);
  };
  const groups = [...groupBy(rows, ({ group }) => group)];
  return new Map(
    groups.flatMap(([group, completions]) => {
      const score = mean(completions.map(total));
      return score === null ? [] : [[group, score] as const];
    }),
  );
}

function verdictOf(difference: { mean: number; error: number }, rise: number): 'falls' | 'does not follow' | undefined {
  if (difference.mean <= -SURE * difference.error && -difference.mean >= WORTH * rise) return 'falls';
  return difference.mean + LIKELY * difference.error < FOLLOWS * rise ? 'does not follow' : undefined;
}

interface Told {
  reference: Evaluated;
  last: Evaluated;
  best: Evaluated;
  reward: Change;
  verdict: 'falls' | 'does not follow';
}

async function findingOf(
  history: RunHistory,
  completionsOf: CompletionsOf,
  { reference, last, best, reward, verdict }: Told,
): Promise<RunFinding> {
  const shown = await recentSteps(history, completionsOf, SHOWN);
  const examples = shown.flatMap(({ rows }) => rows).toSorted((a, b) => (b.reward ?? 0) - (a.reward ?? 0));
  const between = `between steps ${reference.step} and ${last.step}`;
  const highest = best.step < last.step ? ` It was best after step ${best.step}.` : '';
  return {
    kind: 'hacking-held-out',
    severity: 'warning',
    title: `Reward rises, held-out reward ${verdict}`,
    evidence: `The training reward rose from ${formatNumber(reward.from)} to ${formatNumber(reward.to)} ${between}, the held-out reward went from ${formatNumber(reference.reward)} to ${formatNumber(last.reward)}.${highest} Either the model learns its training prompts by heart, or they reward something else than the task: the completions with the highest rewards show which.`,
    ...(shown.length > 0 && shownBy(shown, examples)),
    steps: { first: Math.max(1, reference.step), last: last.step },
    metrics: ['reward', 'eval_reward'],
  };
}
