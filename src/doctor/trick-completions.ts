import { promptText } from '../protocol/message-text.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { ANSWER } from '../text/answer-column.ts';
import { formatNumber, formatShare } from '../text/numbers.ts';
import { betweenText, comparisons, riseOf, spanOf } from './change.ts';
import { earlySteps, type RecordedCompletion, type RecordedStep, recentSteps, shownBy } from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';
import { TRICKS, type Tried } from './tricks.ts';

const STEPS = 3;
/** The share of completions that a trick takes, and what it may have been at first. */
const SPREADS = 0.3;
const RARE = 0.05;

/** The reward rises, and completions look more and more like a trick: they earn it without the task. */
export async function trickCompletions(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const [comparison] = comparisons(history).filter((each) => riseOf(history, each) !== undefined);
  if (!comparison) return [];
  const reward = riseOf(history, comparison)!;
  const recent = await recentSteps(history, completionsOf, STEPS);
  const early = await earlySteps(history, completionsOf);
  if (recent.length < STEPS || early.length === 0) return [];
  return TRICKS.flatMap(({ name, isIn }) => {
    const [before, now] = [early, recent].map((steps) => rowsLike(steps, isIn)) as [Like, Like];
    // Where it does not pay, it is an accident.
    const paid = now.rows.filter((row) => (row.reward ?? 0) >= reward.from);
    if (before.share > RARE || paid.length < SPREADS * now.all) return [];
    return [
      {
        kind: 'hacking-tricks',
        severity: 'warning' as const,
        title: 'Reward rises by a trick',
        evidence: `The reward rose from ${formatNumber(reward.from)} to ${formatNumber(reward.to)} ${betweenText(history, comparison)}, and ${formatShare(Math.round((100 * paid.length) / now.all) / 100)} of the newest completions ${name}; at first ${formatShare(Math.round(100 * before.share) / 100)} did. \`grpo audit\` tells what else earns the reward without the task.`,
        ...shownBy(
          recent,
          paid.toSorted((a, b) => (b.reward ?? 0) - (a.reward ?? 0)),
        ),
        steps: spanOf(history, comparison),
        metrics: ['reward', 'completions/mean_length'],
      },
    ];
  });
}

interface Like {
  rows: RecordedCompletion[];
  all: number;
  share: number;
}

function rowsLike(steps: readonly RecordedStep[], isIn: (tried: Tried) => boolean): Like {
  const tried = steps.flatMap(({ rows }) => {
    const golds = rows.flatMap(goldOf);
    return rows.map((row) => ({
      row,
      isLike: isIn({
        completion: row.completion,
        prompt: row.prompt,
        golds: golds.filter((gold) => !promptText(row.prompt).includes(gold)),
      }),
    }));
  });
  const rows = tried.filter(({ isLike }) => isLike).map(({ row }) => row);
  return { rows, all: tried.length, share: rows.length / Math.max(1, tried.length) };
}

/** A short expected answer, from a column that is called like one. */
function goldOf({ columns }: RecordedCompletion): string[] {
  return Object.entries(columns ?? {}).flatMap(([name, value]) => {
    const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
    return ANSWER.test(name) && /^[\p{L}\p{N}]{1,20}$/u.test(text) ? [text] : [];
  });
}
