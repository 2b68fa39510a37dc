import type { Remedy } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { figure, first, meanOf, newest, percent } from './curve.ts';
import { setting } from './grpo-steps.ts';
import { fallenFunctions, rewardChange } from './reward-change.ts';
import type { RunHistory } from './run-history.ts';

/** Steps that are averaged, at the beginning and now. */
const STEPS = 3;
const KEY = 'completions/mean_length';
const CLIPPED = 'completions/clipped_ratio';
/** Completions have so much of the tokens that they had at first, or less. */
const COLLAPSED = 0.6;
/** Little more than the token that ends them: whatever they earn. */
const EMPTY = 1.5;
/** Completions have so many times the tokens that they had at first, or more. */
const EXPLODED = 1.8;
/** So many more are cut off than at first: their length is not what the limit was chosen for. */
const MORE_CUT = 0.25;

/** Completions have become much shorter or longer than they were at first, and that does not pay, or only at the cost of another reward. */
export function lengthChange(history: RunHistory): RunFinding[] {
  const { metrics } = history;
  const [before, now] = [first(metrics, KEY, STEPS), newest(metrics, KEY, STEPS)];
  if (before.length < STEPS || now.length < STEPS || now[0]!.step <= before.at(-1)!.step) return [];
  const [was, is] = [meanOf(before), meanOf(now)];
  const shorter = is <= COLLAPSED * was;
  if (!shorter && is < EXPLODED * was) return [];
  const gain = rewardChange(history, STEPS);
  const fallen = fallenFunctions(history, STEPS);
  const cut = meanOf(newest(metrics, CLIPPED, STEPS)) - meanOf(first(metrics, CLIPPED, STEPS));
  const hurts = fallen.length > 0 || (gain !== undefined && gain <= 0) || (shorter ? is <= EMPTY : cut >= MORE_CUT);
  const consequence = consequenceOf(fallen, gain);
  const steps = { first: before.at(-1)!.step + 1, last: now.at(-1)!.step };
  const lengths = `from ${figure(was)} tokens on average in steps ${before[0]!.step} to ${before.at(-1)!.step} to ${figure(is)} in steps ${now[0]!.step} to ${now.at(-1)!.step}`;
  return [
    {
      kind: shorter ? 'length-collapse' : 'length-explosion',
      severity: hurts ? 'warning' : 'information',
      title: shorter ? 'Completions collapse in length' : 'Completions explode in length',
      evidence: `Completions went ${lengths}${!shorter && cut >= MORE_CUT ? `, and ${percent(cut)} more of them are cut off` : ''}; ${consequence}.`,
      steps,
      metrics: [KEY, ...(shorter ? [] : [CLIPPED]), 'reward', ...fallen.map((name) => `rewards/${name}/mean`)],
      remedy: shorter ? withoutPenalty(history) : withPenalty(history, was),
    },
  ];
}

function consequenceOf(fallen: readonly string[], gain: number | undefined): string {
  if (fallen.length > 0) return `meanwhile ${fallen.map((name) => `"${name}"`).join(', ')} fell`;
  if (gain === undefined) return 'whether that paid is not known';
  return gain > 0 ? 'meanwhile the reward rose' : `the reward ${gain < 0 ? 'fell' : 'did not rise'}`;
}

function withoutPenalty(history: RunHistory): Remedy | undefined {
  const { lengthPenalty, overlongPenalty } = history.config;
  if (lengthPenalty) return setting(history, 'lengthPenalty', null);
  return overlongPenalty ? setting(history, 'overlongPenalty', null) : undefined;
}

/** One on what is longer than completions were at first. */
function withPenalty(history: RunHistory, was: number): Remedy | undefined {
  const { lengthPenalty, maxCompletionLength } = history.config;
  if (lengthPenalty !== null || maxCompletionLength === undefined) return undefined;
  return setting(history, 'lengthPenalty', { target: Math.min(Math.ceil(was), maxCompletionLength) });
}
