import type { FailedRun } from '../experiment/queue.ts';
import {
  type ExperimentResults,
  meanText,
  rangeText,
  type SettingResult,
  stageFunctions,
  stageName,
} from '../protocol/experiment-results.ts';
import { table } from './table.ts';

/** What an experiment came to, for a terminal. */
export function resultLines(
  { settings, measure, metrics, file, page }: ExperimentResults,
  failures: readonly FailedRun[],
): string[] {
  const rows = settings.map((setting) => [
    setting.label,
    `${setting.done}/${setting.runs.length}`,
    meanText(setting),
    setting.best === null ? '–' : setting.best.toFixed(2),
    ...Object.keys(metrics).map((heading) => meanText(setting.metrics[heading]!)),
  ]);
  const heading = ['setting', 'runs', measure, 'best', ...Object.keys(metrics)];
  const missing = settings.flatMap(({ runs }) => runs.filter(({ state }) => state !== 'done')).length;
  return [
    ...table([heading, ...rows], (column) => column > 0),
    '',
    'Mean ± standard deviation over the runs that are done.',
    ...stageLines(settings),
    ...(missing > 0
      ? [`${missing} of the runs ${missing === 1 ? 'is' : 'are'} not done; grpo compare ${file} trains what is left.`]
      : []),
    ...failureLines(failures),
    ...unknownMetricLines(metrics, settings),
    page,
  ];
}

/** Of runs with stages, what was measured after each of them. */
function stageLines(settings: readonly SettingResult[]): string[] {
  const functions = stageFunctions(settings);
  const rows = settings.flatMap(({ label, stages }) =>
    stages.map((stage, index) => [
      ...[index === 0 ? label : '', stageName(stage), rangeText(stage.reward)],
      ...functions.map((name) => rangeText(stage.rewards[name])),
    ]),
  );
  if (rows.length === 0) return [];
  const heading = ['setting', 'after', 'held-out reward', ...functions];
  return ['', ...table([heading, ...rows], (column) => column > 1), '', 'Mean (lowest – highest) after each stage.'];
}

/** Runs that failed for the same reason, such as a reward file with a mistake, say it once. */
function failureLines(failures: readonly FailedRun[]): string[] {
  const reasons = [...new Set(failures.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const names = failures
      .filter((failure) => failure.reason === reason)
      .map(({ run: { wanted } }) => `${wanted.setting.label} · seed ${wanted.seed}`);
    return `Failed: ${names.join('; ')}: ${reason}`;
  });
}

/** A column without a single figure has a metric that these runs do not write. */
function unknownMetricLines(metrics: ExperimentResults['metrics'], settings: readonly SettingResult[]): string[] {
  if (settings.every(({ done }) => done === 0)) return [];
  return Object.entries(metrics)
    .filter(([heading]) => settings.every((setting) => setting.metrics[heading]!.mean === null))
    .map(([heading, key]) => `The runs have no metric "${key}" (column "${heading}"); see their metrics.jsonl.`);
}
