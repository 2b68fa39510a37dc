import { mean, standardDeviation } from '../grpo/statistics.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { formatShare } from '../text/numbers.ts';
import { type RecordedCompletion, recentSteps, shownBy, stepsText } from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';
import { setWeight } from './set-weight.ts';

/** Where a function varies, its standard deviation within the group is below this share of that of the reward. */
const DROWNED = 0.05;
/** In so many of the groups in which it varies. */
const MOSTLY = 0.9;
const STEPS = 5;
const GROUPS = 10;
/** What a new weight makes of the share. */
const HEARD = 0.3;

/**
 * A function whose differences others' drown: advantages come from the weighted sum, in which they hardly count. Only those groups say so in which it
 * varies: one that nearly all completions satisfy varies in few, and decides there.
 */
export async function drownedRewards(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const { config, functions } = history;
  // Normalized one by one, each counts by its weight.
  if (functions.length < 2 || config.multiObjectiveAggregation === 'normalize_then_sum') return [];
  const recent = await recentSteps(history, completionsOf);
  const groups = recent.flatMap((step) => step.groups);
  if (recent.length < STEPS || !groups.every(isWeightedSum(history))) return [];
  return functions.flatMap(({ name, weight }) => {
    if (weight === 0) return [];
    const varying = groups.flatMap((group) => {
      const own = spread(group.map(({ rewards }) => rewards[name] ?? null)) * Math.abs(weight);
      return own > 0 ? [{ group, share: own / spread(group.map(({ reward }) => reward)) }] : [];
    });
    const drowned = varying.filter(({ share }) => share < DROWNED);
    if (varying.length < GROUPS || drowned.length < MOSTLY * varying.length) return [];
    const share = mean(varying.map((each) => each.share))!;
    const loudest = loudestOf(
      history,
      varying.map(({ group }) => group),
    );
    return [
      {
        kind: 'drowned-reward',
        severity: 'warning',
        title: `"${loudest}" drowns "${name}"`,
        evidence: `In ${stepsText(recent)}, "${name}" tells completions apart in ${varying.length} groups, but its weighted standard deviation there is ${formatShare(share)} of that of the reward: "${loudest}" decides.`,
        ...shownBy(recent, drowned.at(-1)!.group),
        metrics: [`rewards/${name}/std`, `rewards/${loudest}/std`],
        remedy: setWeight(history, name, (weight * HEARD) / share),
      },
    ];
  });
}

const spread = (values: readonly (number | null)[]): number => standardDeviation(values) ?? 0;

/** Whether weights are those of the recorded sums: stages may have others, and penalties on length are added. */
const isWeightedSum =
  ({ functions }: RunHistory) =>
  (group: readonly RecordedCompletion[]): boolean =>
    group.every(({ reward, rewards }) => {
      if (reward === null) return true;
      const parts = functions.map(({ name, weight }) => weight * (rewards[name] ?? 0));
      const size = parts.reduce((sum, part) => sum + Math.abs(part), 1);
      return Math.abs(parts.reduce((sum, part) => sum + part, 0) - reward) < 1e-6 * size;
    });

/** The function with the largest weighted standard deviation within these groups. */
function loudestOf({ functions }: RunHistory, groups: readonly RecordedCompletion[][]): string {
  const loud = functions.map(({ name, weight }) => ({
    name,
    spread: mean(groups.map((group) => Math.abs(weight) * spread(group.map(({ rewards }) => rewards[name] ?? null))))!,
  }));
  return loud.reduce((a, b) => (b.spread > a.spread ? b : a)).name;
}
