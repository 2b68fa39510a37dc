/** What a rejection stage keeps of a group, and why not the rest. */
import type { Selection } from '../grpo/rejection.ts';
import { decimalsFor, formatFixed, formatNumber } from '../text/numbers.ts';
import { type ExplanationSection, numbered, shortened } from './explain-parts.ts';

/** A completion that may be kept. */
interface Candidate {
  completion: string;
  reward: number | null;
  length: number;
  truncated: boolean;
  kept?: boolean | undefined;
}

const SOURCE = 'DeepSeek-R1, arXiv:2501.12948, section 2.3.3';

export function keptSection(completions: readonly Candidate[], selection: Selection): ExplanationSection {
  const decimals = decimalsFor(completions.map(({ reward }) => reward));
  return {
    title: '3. The good ones are kept',
    source: SOURCE,
    text: [
      `${ruleOf(selection)} Of equal texts one is kept, and none that was cut off.`,
      'The stage trains nothing: the policy stays as it is, and rewards become no advantages. Later stages learn from what is kept, as from any demonstrations.',
    ],
    table: {
      head: ['', 'completion', 'tokens', 'R', ''],
      numbers: [false, false, true, true, false],
      rows: numbered(completions, (candidate) => [
        shortened(candidate.completion),
        String(candidate.length),
        formatFixed(candidate.reward, decimals),
        candidate.kept ? 'kept' : whyNot(candidate, completions, selection),
      ]),
    },
  };
}

function ruleOf({ threshold, best }: Selection): string {
  const good = threshold === null ? 'better than the worst of its group' : `rewarded with at least ${threshold}`;
  const bound = threshold === null ? '' : ' (`threshold`)';
  if (best === null) return `A completion is kept if it is ${good}${bound}.`;
  const most = best === 1 ? 'the best one' : `the best ${best}`;
  return `Of the completions that are ${good.replace('its', 'the')}${bound}, ${most} of a group stay (\`best\`), of equal rewards the shorter.`;
}

function whyNot(
  { completion, reward, truncated }: Candidate,
  group: readonly Candidate[],
  { threshold, best }: Selection,
): string {
  if (reward === null) return 'no reward';
  if (truncated) return 'cut off';
  const worst = group.reduce((least, { reward: each }) => Math.min(least, each ?? Infinity), Infinity);
  if (threshold === null && reward <= worst) return 'no better than the worst';
  if (threshold !== null && reward < threshold) return `below ${formatNumber(threshold)}`;
  if (group.some((other) => other.kept && other.completion === completion)) return 'the same text';
  return best === 1 ? 'not the best' : `not among the best ${best}`;
}
