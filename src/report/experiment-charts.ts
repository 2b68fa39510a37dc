import { MetricColumns } from '../protocol/metric-columns.ts';
import { RECENT_STEPS } from '../protocol/run-measure.ts';
import { type Combine, SeedColumns, sharedSteps } from '../protocol/seed-columns.ts';
import { formatShare } from '../text/numbers.ts';
import type { ChartLine, ChartOptions } from './line-chart.ts';
import { pointsOf } from './points.ts';

/** A setting of an experiment, with the metrics of its runs that are done. */
export interface SettingCurves {
  label: string;
  runs: readonly MetricColumns[];
}

/** One metric of all settings. */
export interface ExperimentChart {
  title: string;
  /** The name of its picture's file, without the ending. */
  name: string;
  lines: ChartLine[];
  options: ChartOptions;
}

interface Plan {
  key: string;
  title: string;
  isShare?: true;
  /** Measured now and then, and not noisy as single steps are. */
  isMeasured?: true;
}

const PLANS: readonly Plan[] = [
  { key: 'eval_reward', title: 'Held-out reward', isMeasured: true },
  { key: 'reward', title: 'Reward' },
  { key: 'completions/mean_length', title: 'Completion length (tokens)' },
  { key: 'frac_reward_zero_std', title: 'Groups without a learning signal', isShare: true },
  { key: 'entropy', title: 'Entropy' },
  { key: 'kl', title: 'KL from the reference model' },
  { key: 'grad_norm', title: 'Gradient norm' },
];

/**
 * For each metric that the runs have, the mean over each setting's runs, in a band from the lowest to the highest of them. `metrics`:
 * further ones, by their headings.
 */
export function experimentCharts(
  settings: readonly SettingCurves[],
  metrics: Record<string, string> = {},
): ExperimentChart[] {
  const plans = plansOf(settings);
  const others = Object.entries(metrics)
    .filter(([, key]) => !plans.some((plan) => plan.key === key))
    .map(([title, key]): Plan => ({ key, title, ...(key.startsWith('eval_') && { isMeasured: true }) }));
  return [...plans, ...others].flatMap(({ key, title, isShare, isMeasured = false }) => {
    const lines = settings.flatMap(({ label, runs }, color): ChartLine[] => {
      const columns = isMeasured ? runs : runs.map((run) => runningMean(run, key));
      const curve = curveOf(columns, key);
      return curve.points.length > 0 ? [{ label, color, marked: isMeasured, ...curve }] : [];
    });
    const name = key.replaceAll(/[^\w]+/g, '-');
    return lines.length > 0 ? [{ title, name, lines, options: isShare ? { format: formatShare } : {} }] : [];
  });
}

const REWARD_MEAN = /^rewards\/(.+)\/mean$/;

/** Where runs have several reward functions, each has a chart too: the sum may hide one, or not even have it (weight 0). */
function plansOf(settings: readonly SettingCurves[]): Plan[] {
  const ofRuns = settings.flatMap(({ runs }) => runs.map(({ keys }) => keys.filter((key) => REWARD_MEAN.test(key))));
  if (!ofRuns.some((keys) => keys.length > 1)) return [...PLANS];
  const functions = [...new Set(ofRuns.flat())].map((key) => ({ key, title: `Score of ${REWARD_MEAN.exec(key)![1]}` }));
  const at = PLANS.findIndex(({ key }) => key === 'reward') + 1;
  return [...PLANS.slice(0, at), ...functions, ...PLANS.slice(at)];
}

function curveOf(runs: readonly MetricColumns[], key: string): Pick<ChartLine, 'points' | 'band'> {
  const [only] = runs;
  if (!only) return { points: [] };
  if (runs.length === 1) return { points: pointsOf(only, key) };
  const steps = sharedSteps(runs);
  const combined = (combine: Combine) => pointsOf(new SeedColumns(runs, combine, steps), key);
  return { points: combined('mean'), band: { low: combined('lowest'), high: combined('highest') } };
}

/** Each step's mean with those before it, as many as a run's measure takes: single steps are noisy. */
function runningMean(run: MetricColumns, key: string): MetricColumns {
  const smooth = new MetricColumns();
  const recent: number[] = [];
  for (const { step, value } of pointsOf(run, key)) {
    recent.push(value);
    if (recent.length > RECENT_STEPS) recent.shift();
    smooth.push({ step, [key]: recent.reduce((sum, each) => sum + each, 0) / recent.length });
  }
  return smooth;
}
