import type { Term } from '../../src/protocol/glossary.ts';
import type { RunConfig } from '../../src/protocol/run-config.ts';
import type { RunReward } from '../../src/protocol/run-folder.ts';
import { judgeCharts } from './judge-charts.ts';
import { lossNote } from './loss-note.ts';

/** A weighted sum of metric columns: enough for contributions, bands and stacks. */
export type Terms = readonly { key: string; weight: number }[];

/** The columns with the least and the greatest value that there can be. */
export interface Limits {
  low: string;
  high: string;
}

/** What is drawn around a line: as far as `key` to either side, but nowhere beyond the limits. */
export interface Band {
  key: string;
  label: string;
  within: Limits;
  term: Term;
}

export interface SeriesDefinition {
  id: string;
  label: string;
  terms: Terms;
  /** What the readout shows, where that is not what is drawn (a layer of a stack). */
  shown?: Terms;
  /** Index into the theme's palette. */
  color: number;
  style?: 'line' | 'strong' | 'dotted';
  /** On the right axis, 0 to 100 %. */
  share?: boolean;
  band?: Band;
  /** What it is, for those who ask. */
  term?: Term;
  /** Few points, far apart: joined across what is missing. */
  sparse?: boolean;
}

/** Under which the band of a series is switched off. */
export const bandId = ({ id }: SeriesDefinition): string => `${id}/band`;

export interface ChartDefinition {
  id: string;
  title: string;
  /** What is drawn, for those who ask. */
  term?: Term;
  /** What a careful reader should know before believing the curve. */
  note?: string;
  unit?: 'share' | 'seconds' | 'tokens';
  /** Layers on top of each other, drawn as areas. */
  stacked?: boolean;
  /** A constant to draw as a line, such as a limit. */
  limit?: { label: string; value: number };
  series: SeriesDefinition[];
}

const one = (key: string, weight = 1): Terms => [{ key, weight }];
const line = (key: string, label: string, color: number): SeriesDefinition => ({
  id: key,
  label,
  terms: one(key),
  color,
});

/** The charts of a run in the order in which to read them: reward first, loss last. A chart without data is not shown. */
export function chartDefinitions(
  keys: readonly string[],
  config: RunConfig,
  rewards?: readonly RunReward[],
): ChartDefinition[] {
  const known = new Set(keys);
  return [
    rewardChart(keys, config, rewards),
    {
      id: 'length',
      title: 'Completion length',
      term: 'completion length' as const,
      unit: 'tokens' as const,
      limit: { label: 'maxCompletionLength', value: config.maxCompletionLength },
      series: [
        { ...line('completions/mean_length', 'mean', 0), style: 'strong' as const },
        { ...line('completions/max_length', 'longest', 3), style: 'dotted' as const },
        { ...line('completions/clipped_ratio', 'truncated', 2), share: true, term: 'truncated' as const },
        { ...line('completions/kept_ratio', 'kept', 4), share: true, term: 'kept' as const },
      ],
    },
    stack({ id: 'groups', title: 'Groups without signal', term: 'signal', unit: 'share', ...ofKept(keys) }, [
      ['groups/too_easy', 'too easy', 1, 'too easy'],
      ['groups/too_hard', 'too hard', 4, 'too hard'],
      ['groups/equal', 'all equal', 0, 'all equal'],
      ['groups/truncated', 'truncated', 2, 'truncated'],
      ['groups/abstained', 'abstained', 3, 'abstained'],
      ['groups/failed', 'failed', 7, 'scoring failure'],
    ]),
    {
      id: 'dynamic_sampling',
      title: 'Dynamic sampling',
      term: 'wasted' as const,
      series: [
        { ...line('dynamic_sampling/rounds', 'rounds', 0), style: 'strong' as const, term: 'rounds' as const },
        { ...line('dynamic_sampling/wasted_ratio', 'wasted', 4), share: true, term: 'wasted' as const },
      ],
    },
    {
      id: 'replay',
      title: 'Replay',
      term: 'replayed' as const,
      series: [
        { ...line('replay/weight', 'mean weight', 0), style: 'strong' as const },
        { ...line('replay/share', 'replayed', 4), share: true, term: 'replayed' as const },
      ],
    },
    {
      id: 'generations',
      title: 'Completions sampled',
      term: 'extra' as const,
      series: [
        { ...line('generations/sampled', 'sampled', 0), style: 'strong' as const },
        { ...line('generations/extra', 'extra', 1), term: 'extra' as const },
        { ...line('generations/no_signal_ratio', 'still without signal', 4), share: true, term: 'signal' as const },
      ],
    },
    { id: 'kl', title: 'KL from the reference policy', term: 'KL' as const, series: [line('kl', 'KL', 0)] },
    {
      id: 'mean_token_accuracy',
      title: 'Token accuracy',
      term: 'token accuracy' as const,
      unit: 'share' as const,
      series: [line('mean_token_accuracy', 'of demonstrations', 0)],
    },
    { id: 'entropy', title: 'Entropy', term: 'entropy' as const, series: [line('entropy', 'entropy', 0)] },
    clipChart(config),
    {
      id: 'grad_norm',
      title: 'Gradient norm',
      term: 'gradient norm' as const,
      ...(config.maxGradNorm > 0 && { limit: { label: 'maxGradNorm', value: config.maxGradNorm } }),
      series: [line('grad_norm', 'before clipping', 0)],
    },
    {
      id: 'learning_rate',
      title: 'Learning rate',
      term: 'learning rate' as const,
      series: [line('learning_rate', 'learning rate', 0)],
    },
    stack({ id: 'step_time', title: 'Step time', term: 'step time', unit: 'seconds' }, [
      ['time/rollout', 'rollout', 0],
      ['time/score', 'score', 2],
      ['time/reference', 'reference', 3],
      ['time/update', 'update', 1],
    ]),
    ...unweightedCharts(keys, config, rewards),
    ...judgeCharts(keys),
    ...otherCharts(keys),
    {
      id: 'loss',
      title: 'Loss',
      term: 'loss' as const,
      note: lossNote(config),
      series: [line('loss', 'loss', 0)],
    },
  ]
    .map((chart) => ({ ...chart, series: chart.series.filter(({ terms }) => terms.some(({ key }) => known.has(key))) }))
    .filter(({ series }) => series.length > 0);
}

/** Where groups without a signal are replaced, few are left to be seen. */
const ofKept = (keys: readonly string[]): Pick<ChartDefinition, 'note'> =>
  keys.includes('dynamic_sampling/rounds')
    ? { note: 'Of the groups that steps learn from. Those that were replaced are in Dynamic sampling, as wasted.' }
    : {};

/** Learning needs differences within groups; where the rewards of a step end, so does the band. */
const REWARD_BAND: Band = {
  key: 'groups/reward_std',
  label: 'mean ± std. dev. within groups',
  within: { low: 'reward_min', high: 'reward_max' },
  term: 'std. dev. within groups',
};

function rewardChart(
  keys: readonly string[],
  config: RunConfig,
  rewards: readonly RunReward[] | undefined,
): ChartDefinition {
  const names = rewardNames(keys);
  const weights = rewardWeights(names, config, rewards);
  const functions = names.flatMap((name, index): SeriesDefinition[] => {
    const weight = weights?.get(name) ?? 1;
    const key = `rewards/${name}/mean`;
    // It adds nothing, and has a chart of its own.
    if (weight === 0) return [];
    return [
      {
        id: key,
        label: weight === 1 ? name : `${name} × ${weight}`,
        terms: one(key, weight),
        color: 1 + (index % 5),
      },
    ];
  });
  return {
    id: 'reward',
    title: 'Reward',
    term: 'reward',
    ...(!weights && {
      note: 'Functions are shown without weights: files export several functions with different weights.',
    }),
    series: [
      { ...line('reward', 'mean', 0), style: 'strong', band: REWARD_BAND },
      ...functions,
      { ...line('eval_reward', 'held-out', 7), style: 'dotted', sparse: true, term: 'held-out reward' },
    ],
  };
}

/** What is scored beside the reward, a chart each: the scores may be of any size. */
function unweightedCharts(
  keys: readonly string[],
  config: RunConfig,
  rewards: readonly RunReward[] | undefined,
): ChartDefinition[] {
  const names = rewardNames(keys);
  const weights = rewardWeights(names, config, rewards);
  return names
    .filter((name) => weights?.get(name) === 0)
    .map((name) => ({
      id: `rewards/${name}/mean`,
      title: `${name} (weight 0)`,
      series: [line(`rewards/${name}/mean`, name, 0)],
    }));
}

const REWARD_MEAN = /^rewards\/(.+)\/mean$/;

function rewardNames(keys: readonly string[]): string[] {
  return keys.flatMap((key) => REWARD_MEAN.exec(key)?.[1] ?? []);
}

/**
 * Each function's weight in the reward. Where the run does not say (`found`), the config must: a file that is named without a function
 * stands for all that it exports; with two such files of different weight nobody can tell which function is whose: undefined.
 */
export function rewardWeights(
  names: readonly string[],
  { rewards }: RunConfig,
  found?: readonly RunReward[],
): Map<string, number> | undefined {
  if (found) return new Map(found.map(({ name, weight }) => [name, weight]));
  const named = new Map(rewards.flatMap((spec) => (spec.function === undefined ? [] : [[spec.function, spec.weight]])));
  const rest = new Set(rewards.filter((spec) => spec.function === undefined).map(({ weight }) => weight));
  if (rest.size > 1) return undefined;
  const [other = 1] = rest;
  return new Map(names.map((name) => [name, named.get(name) ?? other]));
}

function clipChart(config: RunConfig): ChartDefinition {
  // Runs of an earlier release have no mini-batches.
  const onlyOnce = config.numIterations === 1 && (config.numMiniBatches ?? 1) === 1 && !config.replay;
  return {
    id: 'clip_ratio',
    title: 'Clip ratio',
    term: 'clip ratio',
    unit: 'share',
    ...(onlyOnce && {
      note: 'Always 0 with numIterations and numMiniBatches 1: each completion is used for one update, of the model that generated it.',
    }),
    series: [
      { ...line('clip_ratio/region_mean', 'clipped', 0), style: 'strong' },
      line('clip_ratio/low_mean', 'low', 4),
      line('clip_ratio/high_mean', 'high', 1),
      line('cispo_clip_ratio', 'capped (cispo)', 2),
    ],
  };
}

function stack(
  chart: Omit<ChartDefinition, 'series' | 'stacked'>,
  layers: readonly (readonly [key: string, label: string, color: number, term?: Term])[],
): ChartDefinition {
  const series = layers.map(
    ([key, label, color, term], index): SeriesDefinition => ({
      id: key,
      label,
      color,
      terms: layers.slice(0, index + 1).map(([below]) => ({ key: below, weight: 1 })),
      shown: one(key),
      ...(term && { term }),
    }),
  );
  return { ...chart, stacked: true, series };
}

/** What is drawn elsewhere, or follows from what is. */
const ELSEWHERE =
  /^(reward|reward_std|reward_min|reward_max|eval_reward|frac_reward_zero_std|kl|entropy|grad_norm|learning_rate|loss|step_time|num_tokens|stage|mean_token_accuracy|cispo_clip_ratio)$|^(rewards\/.+\/(mean|std)|groups\/.+|completions\/.+|clip_ratio\/.+|time\/.+|eval_.+|dynamic_sampling\/.+|replay\/.+|generations\/.+|judge\/.+\/(calls|cached|prompt_tokens|completion_tokens|cost))$/;

/** Metrics that only some runs have. */
const OTHERS: Record<string, Pick<ChartDefinition, 'title' | 'term' | 'unit'>> = {
  'rewards/failed_ratio': { title: 'Scoring failures' },
  'curriculum/solve_rate': { title: 'Solve rate of chosen prompts', term: 'solve rate', unit: 'share' },
  'length_penalty/weight': { title: 'Weight of the length penalty' },
  'vespo/phi_seq_mean': { title: 'VESPO weight', term: 'VESPO weight' },
  entropy_coef: { title: 'Weight of the entropy bonus', term: 'entropy bonus' },
  'dpo/loss': { title: 'Preference term', term: 'preference term' },
  'dpo/margins': { title: 'Preference margin', term: 'preference margin' },
  'dpo/accuracies': { title: 'Pairs in the right order', term: 'preference margin', unit: 'share' },
  'update/relative_change': { title: 'Relative change of weights' },
  off_policy_masked_ratio: { title: 'Left out as off-policy', term: 'off-policy mask' },
};

/** Metrics that reward functions log themselves, and those of a later release. */
function otherCharts(keys: readonly string[]): ChartDefinition[] {
  return keys
    .filter((key) => !ELSEWHERE.test(key))
    .map((key) => ({
      id: key,
      title: key.replace(/^process\/(.+)\/mean$/, 'Steps that $1 scored'),
      ...OTHERS[key],
      ...(key.endsWith('_ratio') && { unit: 'share' as const }),
      series: [line(key, OTHERS[key] ? inLegend(OTHERS[key].title) : key.split('/').at(-1)!, 0)],
    }));
}

/** Among other words it starts small: "scoring failures", but "VESPO weight". */
const inLegend = (title: string): string => title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
