import { BadInput } from '../protocol/errors.ts';
import { type LogHistory, readLogHistory } from '../trl/log-history.ts';
import { LoggedSteps } from '../trl/logged-steps.ts';
import { missingFrom } from '../trl/missing.ts';
import { rolloutRows } from '../trl/recorded-steps.ts';
import { rewardNames, weightsOf } from '../trl/settings.ts';
import { openTrlFolder, stateOf, type TrlFolder } from '../trl/trl-folder.ts';
import type { LogReader, TrainingLog } from './training-log.ts';

/** The reader of an `output_dir` of TRL's trainer; undefined where it is none. Throws BadInput for one that was not trained with GRPO. */
export function openTrlLog(source: string): LogReader | undefined {
  const found = openTrlFolder(source);
  if (!found) return undefined;
  const log = readLogHistory(found);
  const isGrpo = found.completions.length > 0 || [...log.rows.values()].some((row) => 'reward' in row);
  if (!isGrpo && log.done) throw new BadInput(`${source} was not trained with GRPO: its log has no rewards.`);
  const steps = new LoggedSteps();
  const folder = (): TrlFolder => {
    const now = openTrlFolder(source);
    if (!now) throw new BadInput(`${source} is no longer there.`);
    return now;
  };
  return { from: 'TRL', state: () => stateOf(folder()), read: () => readTrl(folder(), steps) };
}

async function readTrl(found: TrlFolder, logged: LoggedSteps): Promise<TrainingLog> {
  const log: LogHistory = readLogHistory(found);
  await logged.refresh(found.completions);
  const { all: steps, problems } = logged;
  const numGenerations = numberOf(log.args?.num_generations) ?? logged.groupSize;
  const weights = weightsOf(log.args, rewardNames(log, steps));
  const batches = steps.map((one) => {
    const isEvaluation = log.evaluated.has(one.step);
    return {
      ...{ step: one.step, isEvaluation, count: one.count },
      digest: JSON.stringify([one.digest, isEvaluation, numGenerations, ...weights]),
      rows: async () => rolloutRows(one.step, await logged.completionsOf(one), { weights, numGenerations }),
    };
  });
  const { rows: metrics, args, done, startedAt } = log;
  return {
    ...{ batches, metrics, weights, numGenerations, args, done, startedAt },
    maxSteps: log.maxSteps ?? numberOf(args?.max_steps),
    missing: missingFrom({ log, problems, hasCompletions: steps.length > 0 }),
    missingColumns:
      "TRL does not log the dataset's other columns, which most reward functions need: import with a run config that names the dataset (--config RUN.grpo.json).",
  };
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);
