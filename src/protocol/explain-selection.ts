import { type Candidate, keptOf, type Selection } from '../grpo/rejection.ts';
import { formatFixed, formatNumber } from '../text/numbers.ts';
import { type ExplanationSection, numbered, shortened } from './explain-parts.ts';

/** What rejection sampling did with a completion: it was kept, or why not. */
export type Fate = 'kept' | 'cut off' | 'no score' | 'too low' | 'same text as another' | 'others are better';

/** Of each completion of a group, in its order. */
export function fatesOf(group: readonly Candidate[], selection: Selection): Fate[] {
  const kept = keptOf(group, selection);
  const good = keptOf(group, { ...selection, best: null });
  const texts = new Set(good.map((row) => group[row]!.text));
  return group.map(({ text, reward, truncated }, row): Fate => {
    if (kept.includes(row)) return 'kept';
    if (truncated) return 'cut off';
    if (reward === null) return 'no score';
    if (good.includes(row)) return 'others are better';
    return texts.has(text) ? 'same text as another' : 'too low';
  });
}

interface SelectedCompletion {
  completion: string;
  reward: number | null;
  length: number;
  fate?: Fate | undefined;
}

/** A stage of rejection sampling updates nothing: it ends with what is kept. */
export function selected(completions: readonly SelectedCompletion[], selection: Selection): ExplanationSection {
  return {
    title: '3. The best are kept for later stages to learn from',
    source: 'DeepSeek-R1, arXiv:2501.12948, section 2.3.3',
    text: [
      'This is rejection sampling: the policy stays as it is.',
      `${conditions(selection)} No text of a prompt is kept twice, and none that was cut off.`,
    ],
    table: {
      head: ['', 'completion', 'tokens', 'R', ''],
      numbers: [false, false, true, true, false],
      rows: numbered(completions, ({ completion, length, reward, fate = '' }) => [
        ...[shortened(completion), String(length), formatFixed(reward, 2), fate],
      ]),
    },
  };
}

function conditions({ threshold, best }: Selection): string {
  const good =
    threshold === null
      ? 'those with a higher reward than the lowest of the group'
      : `those with a reward of at least ${formatNumber(threshold)}`;
  const most = best === null ? '' : `, of these at most ${best} of a prompt: the best, and of equal ones the shorter`;
  return `Kept are ${good}${most}.`;
}
