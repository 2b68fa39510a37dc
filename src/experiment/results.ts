import type { Experiment } from '../config/load-experiment.ts';
import { mean, standardDeviation } from '../grpo/statistics.ts';
import type { ExperimentResults, ExperimentRunResult, SettingResult } from '../protocol/experiment-results.ts';
import { measureText } from '../protocol/run-measure.ts';
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
  const settings = experiment.settings.map(async (setting): Promise<SettingResult> => {
    const ofSetting = found.filter(({ wanted }) => wanted.setting === setting);
    const runs = ofSetting.map((each) => resultOf(each, times.get(each.run?.folder ?? '')?.seconds ?? null));
    const done = runs.filter(({ state }) => state === 'done');
    const rewards = done.map(({ reward }) => reward);
    const stages = await stageResultsOf(setting, runs);
    return {
      ...{ label: setting.label, choices: setting.choices, set: setting.set, runs, stages, done: done.length },
      ...{ mean: mean(rewards), deviation: standardDeviation(rewards), best: mean(done.map(({ best }) => best)) },
    };
  });
  const { name, file, base } = experiment;
  const measure = measureOf(found.flatMap(({ run }) => run ?? []));
  return { type: 'results', name, file, base, measure, settings: await Promise.all(settings) };
}

function resultOf(found: FoundRun, seconds: number | null): ExperimentRunResult {
  const { wanted, run } = found;
  const { measure, info } = run ?? {};
  return {
    seed: wanted.seed,
    folder: run?.folder ?? null,
    state: stateOf(found),
    step: info?.step ?? 0,
    reward: measure?.reward ?? null,
    best: measure?.best ?? null,
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
