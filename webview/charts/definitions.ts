import type { RunConfig } from '../../src/protocol/run-config.ts';
import type { RunReward } from '../../src/protocol/run-folder.ts';

/** A weighted sum of metric columns: enough for contributions, bands and stacks. */
export type Terms = readonly { key: string; weight: number }[];

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
  /** Half of the band's width around the line. */
  band?: string;
  /** Few points, far apart: joined across what is missing. */
  sparse?: boolean;
}

export interface ChartDefinition {
  id: string;
  title: string;
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
      unit: 'tokens' as const,
      limit: { label: 'maxCompletionLength', value: config.maxCompletionLength },
      series: [
        { ...line('completions/mean_length', 'mean', 0), style: 'strong' as const },
        { ...line('completions/max_length', 'longest', 2), style: 'dotted' as const },
        { ...line('completions/clipped_ratio', 'truncated', 4), share: true },
      ],
    },
    stack('groups', 'Groups without signal', 'share', [
      ['groups/too_easy', 'too easy', 1],
      ['groups/too_hard', 'too hard', 4],
      ['groups/equal', 'all equal', 0],
      ['groups/truncated', 'truncated', 2],
      ['groups/abstained', 'abstained', 3],
      ['groups/failed', 'failed', 7],
    ]),
    { id: 'kl', title: 'KL from the reference model', series: [line('kl', 'KL', 0)] },
    { id: 'entropy', title: 'Entropy', series: [line('entropy', 'entropy', 0)] },
    clipChart(config),
    {
      id: 'grad_norm',
      title: 'Gradient norm',
      ...(config.maxGradNorm > 0 && { limit: { label: 'maxGradNorm', value: config.maxGradNorm } }),
      series: [line('grad_norm', 'before clipping', 0)],
    },
    { id: 'learning_rate', title: 'Learning rate', series: [line('learning_rate', 'learning rate', 0)] },
    stack('step_time', 'Step time', 'seconds', [
      ['time/rollout', 'rollout', 0],
      ['time/score', 'score', 2],
      ['time/reference', 'reference', 3],
      ['time/update', 'update', 1],
    ]),
    ...otherCharts(keys),
    {
      id: 'loss',
      title: 'Loss',
      note: 'Not a measure of progress. The advantages of a group sum to zero, so the loss starts near 0 and may rise while the model learns. Watch the reward.',
      series: [line('loss', 'loss', 0)],
    },
  ]
    .map((chart) => ({ ...chart, series: chart.series.filter(({ terms }) => terms.some(({ key }) => known.has(key))) }))
    .filter(({ series }) => series.length > 0);
}

function rewardChart(
  keys: readonly string[],
  config: RunConfig,
  rewards: readonly RunReward[] | undefined,
): ChartDefinition {
  const names = rewardNames(keys);
  const weights = rewardWeights(names, config, rewards);
  const functions = names.map((name, index): SeriesDefinition => {
    const weight = weights?.get(name) ?? 1;
    const key = `rewards/${name}/mean`;
    return {
      id: key,
      label: weight === 1 ? name : `${name} × ${weight}`,
      terms: one(key, weight),
      color: 1 + (index % 5),
    };
  });
  return {
    id: 'reward',
    title: 'Reward',
    ...(!weights && {
      note: 'Functions are shown without weights: files export several functions with different weights.',
    }),
    series: [
      { ...line('reward', 'mean', 0), style: 'strong', band: 'groups/reward_std' },
      ...functions,
      { ...line('eval_reward', 'held-out', 7), style: 'dotted', sparse: true },
    ],
  };
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
  const onlyOnce = config.numIterations === 1;
  return {
    id: 'clip_ratio',
    title: 'Clip ratio',
    unit: 'share',
    ...(onlyOnce && {
      note: 'Always 0 with numIterations 1: each completion is used for one update, of the model that generated it.',
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
  id: string,
  title: string,
  unit: 'share' | 'seconds',
  layers: readonly (readonly [key: string, label: string, color: number])[],
): ChartDefinition {
  const series = layers.map(
    ([key, label, color], index): SeriesDefinition => ({
      id: key,
      label,
      color,
      terms: layers.slice(0, index + 1).map(([below]) => ({ key: below, weight: 1 })),
      shown: one(key),
    }),
  );
  return { id, title, unit, stacked: true, series };
}

/** What is drawn elsewhere, or follows from what is. */
const ELSEWHERE =
  /^(reward|reward_std|eval_reward|frac_reward_zero_std|kl|entropy|grad_norm|learning_rate|loss|step_time|num_tokens|cispo_clip_ratio)$|^(rewards\/.+\/(mean|std)|groups\/.+|completions\/.+|clip_ratio\/.+|time\/.+|eval_.+)$/;

/** Metrics that reward functions log themselves, and those of a later release. */
function otherCharts(keys: readonly string[]): ChartDefinition[] {
  const titles: Record<string, string> = { 'rewards/failed_ratio': 'Scoring failures' };
  return keys
    .filter((key) => !ELSEWHERE.test(key))
    .map((key) => ({
      id: key,
      title: titles[key] ?? key,
      ...(key.endsWith('_ratio') && { unit: 'share' as const }),
      series: [line(key, key.split('/').at(-1)!, 0)],
    }));
}
