import { type Arithmetic, advantageArithmetic } from '../grpo/advantage-arithmetic.ts';
import type { AdvantageOptions } from '../grpo/advantages.ts';
import type { RunHead } from './dashboard.ts';
import type { Completion } from './dashboard-completion.ts';
import { lengthRewardsOf } from './length-config.ts';
import type { RunConfig } from './run-config.ts';
import { spanAt, stageSpans } from './stage-spans.ts';

/** A reward function as a step used it. */
export interface WeightedFunction {
  name: string;
  weight: number;
}

/** How a step's rewards became advantages. */
export interface StepSettings {
  functions: WeightedFunction[];
  options: AdvantageOptions;
  /** Groups without a signal have more completions than others: `generations`. */
  sizesDiffer?: boolean;
}

/** What is known of a run's settings and of their changes: its `run.json`, or the head of its dashboard. */
export type SettledRun = Pick<RunHead, 'config' | 'changes' | 'rewards'>;

/** What the stage that took a step sets for itself; undefined where it is as in the run. */
function stageSetting(stages: RunConfig['stages'] | undefined, name: keyof RunConfig, step: number): unknown {
  const span = spanAt(stageSpans({ stages }), step);
  const stage: Partial<Record<keyof RunConfig, unknown>> | undefined = span && stages?.[span.number - 1];
  // Where it is left open, it follows.
  return stage?.[name] ?? (name === 'epsilonHigh' ? stage?.epsilon : undefined);
}

/** A setting of the run's config as it was at a step: some change later, or from stage to stage. */
export function settingAt<Name extends keyof RunConfig>(
  { config, changes = [] }: SettledRun,
  name: Name,
  step: number,
) {
  const own = stageSetting(config.stages, name, step);
  if (own !== undefined) return own as RunConfig[Name];
  const later = changes.filter((change) => change.field === `config.${name}` && change.step > step);
  const [first] = later.toSorted((a, b) => a.step - b.step);
  return (first ? first.from : config[name]) as RunConfig[Name];
}

/** `names`: the functions that scored the step, as its rows have them. */
export function settingsAt(head: SettledRun, step: number, names: readonly string[]): StepSettings {
  const specs = settingAt(head, 'rewards', step) ?? [];
  const changed = JSON.stringify(specs) !== JSON.stringify(head.config.rewards);
  const builtIn: readonly string[] = lengthRewardsOf({
    overlongPenalty: settingAt(head, 'overlongPenalty', step),
    lengthPenalty: settingAt(head, 'lengthPenalty', step),
  });
  const weightOf = (name: string): number => {
    if (builtIn.includes(name)) return 1;
    const named = specs.find((spec) => spec.function === name);
    const resolved = changed ? undefined : head.rewards?.find((reward) => reward.name === name);
    // A file that is named for all that it exports has one weight for them.
    return (named ?? resolved ?? specs[0])?.weight ?? 1;
  };
  return {
    functions: names.map((name) => ({ name, weight: weightOf(name) })),
    options: {
      // Runs of an earlier release have no more fields than it knew.
      scaleRewards: settingAt(head, 'scaleRewards', step) ?? 'group',
      baseline: settingAt(head, 'baseline', step) ?? 'group',
      multiObjectiveAggregation: settingAt(head, 'multiObjectiveAggregation', step) ?? 'sum_then_normalize',
      processRewardWeight: settingAt(head, 'processRewardWeight', step) ?? null,
    },
    sizesDiffer: (settingAt(head, 'generations', step) ?? null) !== null,
  };
}

/** How each completion of a step came to its advantage; none where its groups should be of one size and are not, as someone has edited the file. */
export function stepArithmetic(
  groups: readonly (readonly Completion[])[],
  { functions, options, sizesDiffer }: StepSettings,
): Map<Completion, Arithmetic> {
  const sizes = groups.map(({ length }) => length);
  if (!sizesDiffer && sizes.some((size) => size !== sizes[0])) return new Map();
  const rows = groups.flat();
  const completions = {
    scores: rows.map(({ rewards }) => functions.map(({ name }) => rewards[name] ?? null)),
    steps: rows.map(({ steps }) => functions.map(({ name }) => steps?.[name] ?? [])),
    // Only whether it has any counts.
    lengths: rows.map(({ length }) => length),
    weights: functions.map(({ weight }) => weight),
    groupSize: sizes,
    histories: groups.map((group) => group[0]?.prompt_history),
  };
  const arithmetic = advantageArithmetic(completions, options);
  return new Map(rows.map((row, i) => [row, arithmetic[i]!]));
}
