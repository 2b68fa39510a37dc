import { isZero } from '../grpo/statistics.ts';
import { LENGTH_REWARDS } from '../protocol/length-config.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { formatNumber } from '../text/numbers.ts';
import { openedTag } from './opened-tag.ts';
import { earlySteps, type RecordedStep, recentSteps, shownBy, stepsText } from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';
import { sampledRows, valuesIn } from './sampled-rows.ts';

/** Steps before it counts, and groups: some prompts may be of a kind that a function says nothing of. */
const STEPS = 5;
const GROUPS = 8;

/** Reward functions that abstain on every completion, that never tell the completions of a prompt apart while others do, or that wait for a tag that the prompt has opened. */
export async function silentRewards(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const recent = await recentSteps(history, completionsOf);
  const groups = recent.flatMap((step) => step.groups);
  if (recent.length < STEPS || groups.length < GROUPS) return [];
  const names = Object.keys(recent.at(-1)!.rows[0]!.rewards);
  const counting = names.filter((name) => counts(name, history) && scoresCompletions(name, recent));
  const varying = names.filter((name) => varies(name, recent));
  const early = await earlySteps(history, completionsOf);
  return counting.flatMap((name) => {
    const scores = recent.flatMap(({ rows }) => rows.flatMap(({ rewards }) => rewards[name] ?? []));
    if (scores.length === 0) return abstains(recent) ? [abstaining(name, recent, history)] : [];
    const stuck = openedTag(name, recent, history);
    if (stuck) return [stuck];
    // A function that has varied before has nothing left to tell apart: all completions have what it asks for. Where none varies, another finding says why.
    if (varying.length === 0 || varying.includes(name) || varies(name, early)) return [];
    return [constant(name, scores, recent)];
  });
}

/** One whose weight is 0 is only watched; penalties on length cost nothing while completions are short. */
const counts = (name: string, { functions }: RunHistory): boolean =>
  functions.find((each) => each.name === name)?.weight !== 0 && !LENGTH_REWARDS.includes(name);

/** Others score steps, and may give completions nothing. */
const scoresCompletions = (name: string, steps: readonly RecordedStep[]): boolean =>
  steps.every(({ rows }) => rows.every((row) => row.steps?.[name] === undefined));

/** Whether a function had nothing to say of completions on which no function failed: of others, records keep the first failure only. */
const abstains = (steps: readonly RecordedStep[]): boolean =>
  steps.every(({ rows }) => rows.some(({ error }) => error === null));

/** Whether a function gave two completions of a prompt different scores. */
const varies = (name: string, steps: readonly RecordedStep[]): boolean =>
  steps.some(({ groups }) =>
    groups.some((group) => {
      const scores = group.flatMap(({ rewards }) => rewards[name] ?? []);
      return scores.some((score) => !isZero(score - scores[0]!));
    }),
  );

function abstaining(name: string, recent: readonly RecordedStep[], history: RunHistory): RunFinding {
  const key = `rewards/${name}/mean`;
  // It may be for prompts that are rare, or for those of another stage.
  const elsewhere = valuesIn(history, key, sampledRows(history)).length > 0 || !!history.config.stages;
  const rows = recent.reduce((sum, step) => sum + step.rows.length, 0);
  return {
    kind: 'always-abstains',
    severity: elsewhere ? 'information' : 'warning',
    title: `"${name}" abstains`,
    evidence: `In ${stepsText(recent)}, "${name}" abstained on all ${rows} completions, so it has no effect; it may look for a column that the dataset does not have.`,
    ...shownBy(recent, recent.at(-1)!.rows),
    metrics: [key],
  };
}

function constant(name: string, scores: readonly number[], recent: readonly RecordedStep[]): RunFinding {
  const [first] = scores as [number, ...number[]];
  const same = scores.every((score) => isZero(score - first));
  const given = same
    ? `"${name}" gave every completion ${formatNumber(first)}`
    : `"${name}" gave all completions of a prompt the same score`;
  const why = same && first <= 0 ? 'none has earned it yet' : same ? 'all earn it' : 'it depends on the prompt alone';
  return {
    kind: 'constant-function',
    // What all completions have been given from the start may be a habit of the model's that is asked for.
    severity: same && first > 0 ? 'information' : 'warning',
    title: `"${name}" never varies`,
    evidence: `In ${stepsText(recent)}, ${given}, so the run learns nothing from it: ${why}, or it cannot tell them apart.`,
    ...shownBy(recent, recent.at(-1)!.rows),
    metrics: [`rewards/${name}/mean`, `rewards/${name}/std`],
  };
}
