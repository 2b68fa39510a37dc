import type { Experiment } from '../config/load-experiment.ts';
import { mean, standardDeviation } from '../grpo/statistics.ts';
import type { Average, ExperimentResults, ExperimentRunResult, SettingResult } from '../protocol/experiment-results.ts';
import { MetricColumns } from '../protocol/metric-columns.ts';
import { measureText } from '../protocol/run-measure.ts';
import { latestOf } from '../protocol/run-results.ts';
import { MetricsTail } from '../run-folder/metrics-tail.ts';
import type { Run } from '../run-folder/read-run.ts';
import { ResultsReader } from '../run-folder/results-reader.ts';
import { type FoundRun, isDone, isTraining } from './find-runs.ts';
import { stageResultsOf } from './stage-results.ts';

/** What an experiment has come to, by setting. */
export async function experimentResultsOf(
  experiment: Experiment,
  found: readonly FoundRun[],
): Promise<Omit<ExperimentResults, 'page'>> {
  const times = new ResultsReader();
  await times.read(found.flatMap(({ run }) => run ?? []));
  const { name, file, base, metrics } = experiment;
  const metricsOf = await metricsReader(found, metrics);
  const settings = experiment.settings.map(async (setting): Promise<SettingResult> => {
    const ofSetting = found.filter(({ wanted }) => wanted.setting === setting);
    const runs = ofSetting.map((each) =>
      resultOf(each, times.get(each.run?.folder ?? '')?.seconds ?? null, metricsOf(each)),
    );
    const done = runs.filter(({ state }) => state === 'done');
    const stages = await stageResultsOf(setting, runs);
    return {
      ...{ label: setting.label, choices: setting.choices, set: setting.set, runs, stages, done: done.length },
      ...average(done.map(({ reward }) => reward)),
      best: mean(done.map(({ best }) => best)),
      metrics: mapped(metrics, (heading) => average(done.map((run) => run.metrics[heading]!))),
    };
  });
  const measure = measureOf(found.flatMap(({ run }) => run ?? []));
  return { type: 'results', name, file, base, measure, metrics, settings: await Promise.all(settings) };
}

const average = (values: readonly (number | null)[]): Average => ({
  mean: mean(values),
  deviation: standardDeviation(values),
});

const mapped = <T>(metrics: Record<string, string>, of: (heading: string, key: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(metrics).map(([heading, key]) => [heading, of(heading, key)]));

/** Reads the metrics of all runs; the function gives those of one, by heading. */
async function metricsReader(found: readonly FoundRun[], metrics: Record<string, string>) {
  const tails = new Map<string, MetricsTail>();
  for (const { run } of found) {
    if (!run) continue;
    const tail = new MetricsTail(run.folder, Object.values(metrics));
    await tail.read();
    tails.set(run.folder, tail);
  }
  const none = new MetricColumns();
  return ({ run }: FoundRun) => {
    const columns = tails.get(run?.folder ?? '')?.columns ?? none;
    return mapped(metrics, (_, key) => latestOf(columns, key));
  };
}

function resultOf(
  found: FoundRun,
  seconds: number | null,
  metrics: ExperimentRunResult['metrics'],
): ExperimentRunResult {
  const { wanted, run } = found;
  const { measure, info } = run ?? {};
  return {
    seed: wanted.seed,
    folder: run?.folder ?? null,
    state: stateOf(found),
    step: info?.step ?? 0,
    reward: measure?.reward ?? null,
    best: measure?.best ?? null,
    metrics,
    seconds,
    failure: run?.status === 'failed' ? (info?.reason ?? 'for an unknown reason') : null,
  };
}

function stateOf(found: FoundRun): ExperimentRunResult['state'] {
  if (!found.run) return 'missing';
  if (isDone(found)) return 'done';
  if (isTraining(found)) return 'training';
  return found.run.status === 'failed' ? 'failed' : 'unfinished';
}

/** Where settings are measured differently, each run by its own measure. */
function measureOf(runs: readonly Run[]): string {
  const texts = [...new Set(runs.flatMap(({ measure }) => (measure ? [measureText(measure)] : [])))];
  return texts.length === 1 ? texts[0]! : 'reward';
}
