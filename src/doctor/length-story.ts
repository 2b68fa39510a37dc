import type { RunFinding } from '../protocol/run-finding.ts';
import { formatNumber } from '../text/numbers.ts';
import { betweenText, changeOf, comparisons, riseOf, spanOf } from './change.ts';
import { evaluationsIn } from './evaluated-steps.ts';
import { recentSteps, shownBy } from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';

const KEY = 'completions/mean_length';
/** Longer, or shorter, by this factor. */
const TIMES = 3;
const SHOWN = 3;

/** The reward rises while completions become much longer or shorter, and no held-out reward says that they are better. */
export async function lengthStory(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const evaluations = evaluationsIn(history);
  if (evaluations.length > 1 && evaluations.at(-1)!.reward > evaluations[0]!.reward) return [];
  for (const comparison of comparisons(history)) {
    const [reward, length] = [riseOf(history, comparison), changeOf(history, KEY, comparison)];
    if (!reward || !length?.isSure) continue;
    const longer = length.to >= TIMES * length.from;
    if (!longer && length.from < TIMES * length.to) continue;
    const shown = await recentSteps(history, completionsOf, SHOWN);
    const rows = shown
      .flatMap((step) => step.rows)
      .toSorted((a, b) => (longer ? b.length - a.length : a.length - b.length));
    return [
      {
        kind: 'hacking-length',
        severity: 'information',
        title: `Reward rises, completions become ${longer ? 'longer' : 'shorter'}`,
        evidence: `The reward rose from ${formatNumber(reward.from)} to ${formatNumber(reward.to)} ${betweenText(history, comparison)}, while the mean length went from ${formatNumber(length.from)} to ${formatNumber(length.to)} tokens. Read some: reasoning may be what grows, or the reward pays for ${longer ? 'length' : 'saying less'}.`,
        ...(shown.length > 0 && shownBy(shown, rows)),
        steps: spanOf(history, comparison),
        metrics: ['reward', KEY],
      },
    ];
  }
  return [];
}
