import { mean } from '../grpo/statistics.ts';
import { LENGTH_REWARDS } from '../protocol/length-config.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { formatNumber } from '../text/numbers.ts';
import { betweenText, type Change, type Comparison, changeOf, comparisons, riseOf, spanOf } from './change.ts';
import { type RecordedCompletion, recentSteps, shownBy } from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';
import { valuesIn } from './sampled-rows.ts';
import { setWeight } from './set-weight.ts';

/** A fall counts from this share of the mean that was, and of the scores' standard deviation. */
const OF_MEAN = 0.2;
const OF_DEVIATION = 0.5;
/** Steps whose completions show it. */
const SHOWN = 3;

interface Function {
  name: string;
  weight: number;
}

interface Traded {
  comparison: Comparison;
  reward: Change;
  fallen: Function & Change;
  risen: Function & Change;
}

/** The reward rises because one function does, while another falls: the sum pays for a trade that nobody may have wanted. */
export async function tradedFunctions(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const found = comparisons(history).flatMap((comparison) => tradeIn(history, comparison) ?? []);
  // The comparison in which the most was given up.
  const [worst] = found.toSorted((a, b) => lossOf(b.fallen) - lossOf(a.fallen));
  if (!worst) return [];
  const { comparison, reward, fallen, risen } = worst;
  const shown = await recentSteps(history, completionsOf, SHOWN);
  const examples = shown.flatMap(({ rows }) => rows).toSorted(paidDespite(fallen.name));
  return [
    {
      kind: 'hacking-functions',
      severity: 'warning',
      title: `"${risen.name}" rises while "${fallen.name}" falls`,
      evidence: `The reward rose ${changeText(reward)} ${betweenText(history, comparison)}, but "${fallen.name}" fell ${changeText(fallen)} while "${risen.name}" rose ${changeText(risen)}: completions earn more by doing worse at "${fallen.name}".`,
      ...(shown.length > 0 && shownBy(shown, examples)),
      steps: spanOf(history, comparison),
      metrics: ['reward', `rewards/${fallen.name}/mean`, `rewards/${risen.name}/mean`],
      // Twice what it would take for the trade not to pay.
      remedy: setWeight(
        history,
        fallen.name,
        (2 * fallen.weight * (risen.weight * (risen.to - risen.from))) / lossOf(fallen),
      ),
    },
  ];
}

function tradeIn(history: RunHistory, comparison: Comparison): Traded | undefined {
  const reward = riseOf(history, comparison);
  if (!reward) return undefined;
  const changes = history.functions
    .filter(({ name, weight }) => weight > 0 && !LENGTH_REWARDS.includes(name))
    .flatMap(({ name, weight }) => {
      const change = changeOf(history, `rewards/${name}/mean`, comparison);
      return change?.isSure ? [{ name, weight, ...change }] : [];
    });
  const fallen = changes
    .filter((each) => hasFallen(history, comparison, each))
    .toSorted((a, b) => lossOf(b) - lossOf(a))[0];
  const risen = changes.filter(({ from, to }) => to > from).toSorted((a, b) => lossOf(a) - lossOf(b))[0];
  return fallen && risen && { comparison, reward, fallen, risen };
}

function hasFallen(history: RunHistory, { before }: Comparison, { name, from, to }: Function & Change): boolean {
  const deviation = mean(valuesIn(history, `rewards/${name}/std`, before)) ?? 0;
  return from - to >= Math.max(OF_MEAN * Math.abs(from), OF_DEVIATION * deviation);
}

/** What the reward has lost by a function. */
const lossOf = ({ weight, from, to }: Function & Change): number => weight * (from - to);

/** Completions that the fallen function gave least first; of equal ones, those with the highest reward. */
const paidDespite =
  (name: string) =>
  (a: RecordedCompletion, b: RecordedCompletion): number =>
    (a.rewards[name] ?? 0) - (b.rewards[name] ?? 0) || (b.reward ?? 0) - (a.reward ?? 0);

const changeText = ({ from, to }: Change): string => `from ${formatNumber(from)} to ${formatNumber(to)}`;
