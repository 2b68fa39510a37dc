import type { RunFinding } from '../protocol/run-finding.ts';
import { groupBy } from '../text/group-by.ts';
import { formatShare } from '../text/numbers.ts';
import { shorten, singleSpaced } from '../text/visible.ts';
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
const PROMPTS = 6;
/** The share of completions with the commonest text, and by how much it has grown, that make it one answer to everything. */
const MOST = 0.6;
const GROWN = 0.3;
/** By how much it is more than the share of prompts with the commonest value of a column: a label may have few values. */
const BEYOND = 0.2;

/** One text answers most prompts, whatever they ask. */
export async function sameAnswers(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const recent = await recentSteps(history, completionsOf, STEPS);
  const prompts = new Set(recent.flatMap(({ rows }) => rows.map(({ prompt }) => JSON.stringify(prompt))));
  if (recent.length < STEPS || prompts.size < PROMPTS) return [];
  const same = commonest(recent);
  const { length: all } = recent.flatMap(({ rows }) => rows);
  const share = same.length / all;
  if (share < MOST || share < commonestLabel(recent) + BEYOND) return [];
  const early = await earlySteps(history, completionsOf);
  const text = same[0]!.completion;
  const before = early.flatMap(({ rows }) => rows);
  const earlier = before.filter(({ completion }) => completion === text).length / Math.max(1, before.length);
  if (share < earlier + GROWN) return [];
  const paid = comparisons(history).some((comparison) => riseOf(history, comparison) !== undefined);
  return [
    {
      kind: 'same-answers',
      severity: 'warning',
      title: paid ? 'Reward rises with one answer to everything' : 'One answer to everything',
      evidence: `In ${stepsText(recent)}, ${formatShare(Math.round(100 * share) / 100)} of the completions of ${prompts.size} different prompts are the same text, ${JSON.stringify(shorten(singleSpaced(text), 60))}; in ${stepsText(early)} they were ${formatShare(Math.round(100 * earlier) / 100)}.${paid ? ' The reward rose with it: it does not ask whether the text answers the prompt.' : ''}`,
      ...shownBy(
        recent,
        [...groupBy(same, ({ step, group }) => `${step} ${group}`).values()].map(([first]) => first!),
      ),
      metrics: paid ? ['reward', 'entropy'] : ['entropy'],
    },
  ];
}

/** The completions with the commonest text. */
function commonest(steps: readonly RecordedStep[]): RecordedCompletion[] {
  const byText = groupBy(
    steps.flatMap(({ rows }) => rows),
    ({ completion }) => completion,
  );
  return [...byText.values()].reduce((a, b) => (b.length > a.length ? b : a));
}

/** The largest share of groups with one value of a column, of those columns that vary. */
function commonestLabel(steps: readonly RecordedStep[]): number {
  const rows = steps.flatMap(({ groups }) => groups.map(([first]) => first!));
  const shares = Object.keys(rows[0]!.columns ?? {}).map((name) => {
    const values = [...groupBy(rows, ({ columns }) => JSON.stringify(columns?.[name])).values()];
    return values.length === 1 ? 0 : Math.max(...values.map(({ length }) => length)) / rows.length;
  });
  return Math.max(0, ...shares);
}
