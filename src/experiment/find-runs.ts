import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Experiment, ExperimentRun } from '../config/load-experiment.ts';
import type { RunInfo, RunInputs } from '../protocol/run-folder.ts';
import { type Run, RunReader } from '../run-folder/read-run.ts';
import { readRunInfoLater } from '../run-folder/run-info.ts';
import { digestInputs } from '../run-folder/run-inputs.ts';
import { isSameRun } from '../run-folder/same-run.ts';

/** A run of an experiment, and the run folder that has it. */
export interface FoundRun {
  wanted: ExperimentRun;
  /** Undefined where there is none yet. */
  run: Run | undefined;
}

/** Where the runs of an experiment are: with the others of its base config, where the editor looks for them. */
export const runsFolder = ({ base }: Pick<Experiment, 'base'>): string => join(dirname(base), '.grpo', 'runs');

export const isDone = ({ run }: FoundRun): boolean => run?.status === 'done';

/** A trainer is at it. */
export const isTraining = ({ run }: FoundRun): boolean =>
  run !== undefined && ['running', 'paused', 'stopping'].includes(run.status);

/**
 * Finds which runs of an experiment there are, whoever started them: those with the settings, reward code and data that a run would have if
 * it were started now. What was edited since then makes it another run.
 */
export async function findRuns(experiment: Experiment): Promise<FoundRun[]> {
  const recorded = await recordedRuns(experiment);
  const inputsOf = digestOnce();
  const directory = dirname(experiment.base);
  const reader = new RunReader();
  const found: FoundRun[] = [];
  for (const wanted of experiment.runs) {
    const candidates = recorded.filter(({ info }) => info.seed === wanted.seed);
    const inputs = candidates.length > 0 && inputsOf(wanted);
    const same = candidates.filter(
      ({ info }) => inputs && isSameRun(info, { config: wanted.config, directory, inputs }),
    );
    const [best] = same.sort((a, b) => rank(b.info) - rank(a.info));
    found.push({ wanted, run: best && (await reader.read(best.folder, false)) });
  }
  return found;
}

/** Done before not, further before less far. */
const rank = ({ state, step }: RunInfo): number => (state === 'done' ? 1e9 : 0) + step;

interface RecordedRun {
  folder: string;
  info: RunInfo;
}

/** The runs of the base config. */
async function recordedRuns(experiment: Experiment): Promise<RecordedRun[]> {
  const place = runsFolder(experiment);
  const names = await readdir(place).catch(() => []);
  const read = names.sort().map(async (name): Promise<RecordedRun[]> => {
    const folder = join(place, name);
    const info = await readRunInfoLater(folder);
    return info && basename(info.configFile) === basename(experiment.base) ? [{ folder, info }] : [];
  });
  return (await Promise.all(read)).flat();
}

/** Most settings read the same files. */
function digestOnce(): (run: ExperimentRun) => RunInputs {
  const known = new Map<string, RunInputs>();
  return ({ config }) => {
    const { model, dataset, evalDataset, difficulty, stages } = config;
    const key = JSON.stringify([model, dataset, evalDataset, difficulty, stages]);
    const inputs = known.get(key) ?? digestInputs(config, undefined);
    known.set(key, inputs);
    return inputs;
  };
}
