import type { MetricColumns } from '../protocol/metric-columns.ts';
import type { StageSpan } from '../protocol/stage-spans.ts';
import { formatShare } from '../text/numbers.ts';
import { type Html, html } from './html.ts';
import { type ChartLine, COLORS, lineChart } from './line-chart.ts';
import { pointsOf } from './points.ts';

/** What is drawn: a chart's title, and its curves by the keys of their metrics. */
interface ChartPlan {
  title: string;
  /** Values are shares of 1. */
  isShare?: boolean;
  lines: { key: string; label: string; marked?: boolean }[];
}

const REWARD_MEAN = /^rewards\/(.+)\/mean$/;

/** The curves that a reader looks at first, and those that explain them. */
export function curvesSection(
  columns: MetricColumns,
  changedAt: readonly number[],
  stages: readonly StageSpan[] = [],
): Html {
  const charts = plans(columns.keys).flatMap(({ title, isShare, lines }) => {
    const drawn = lines.flatMap(({ key, ...line }, at): ChartLine[] => {
      const points = pointsOf(columns, key);
      return points.length > 0 ? [{ ...line, points, color: at % COLORS }] : [];
    });
    return drawn.length > 0
      ? [lineChart(title, drawn, { marks: changedAt, stages, ...(isShare && { format: formatShare }) })]
      : [];
  });
  if (charts.length === 0) return html``;
  const changed = changedAt.length > 0 && ' Dashed lines mark the steps at which the run was changed.';
  return html`<section><h2>Curves</h2><p class="muted">By step, with the last value of each.${changed}</p><div class="charts">${charts}</div></section>`;
}

function plans(keys: readonly string[]): ChartPlan[] {
  const functions = keys.flatMap((key) => {
    const name = REWARD_MEAN.exec(key)?.[1];
    return name === undefined ? [] : [{ key, label: name }];
  });
  return [
    {
      title: 'Reward',
      lines: [
        { key: 'reward', label: 'mean' },
        { key: 'eval_reward', label: 'held-out', marked: true },
      ],
    },
    { title: 'Reward per function, without weights', lines: functions.length > 1 ? functions : [] },
    {
      title: 'Completion length (tokens)',
      lines: [
        { key: 'completions/mean_length', label: 'mean' },
        { key: 'completions/max_length', label: 'longest' },
      ],
    },
    {
      title: 'Shares of groups and completions',
      isShare: true,
      lines: [
        { key: 'frac_reward_zero_std', label: 'groups without a learning signal' },
        { key: 'completions/clipped_ratio', label: 'truncated completions' },
      ],
    },
    {
      title: 'Token accuracy on demonstrations',
      isShare: true,
      lines: [{ key: 'mean_token_accuracy', label: 'accuracy' }],
    },
    { title: 'KL from the reference model', lines: [{ key: 'kl', label: 'KL' }] },
    { title: 'Entropy', lines: [{ key: 'entropy', label: 'entropy' }] },
    { title: 'Gradient norm', lines: [{ key: 'grad_norm', label: 'before clipping' }] },
    { title: 'Loss', lines: [{ key: 'loss', label: 'loss' }] },
  ];
}
