/**
 * Reads what verl's trainers dump: `_write_generations` in verl/trainer/ppo/ray_trainer.py and verl/trainer/ppo/v1/trainer_base.py, `FileLogger`
 * and `_TensorboardAdapter` in verl/utils/tracking.py (verl 0.9.1, and 0.8.0.dev at commit b178a3cd, which writes the same fields).
 */
import { RUN_FILE, readBytes } from '../files/open-file.ts';
import { BadInput } from '../protocol/errors.ts';
import type { MetricsRow } from '../protocol/run-folder.ts';
import { readEvents } from '../tensorboard/read-events.ts';
import { usualSize } from './grouped-rows.ts';
import { LoggedLines, linesOf } from './logged-lines.ts';
import { LoggedMetrics } from './logged-metrics.ts';
import type { LoggedBatch, LogReader, TrainingLog } from './training-log.ts';
import { openVerlFolder, type StepFile, stateOfVerl, type VerlFolder } from './verl-folder.ts';
import { extraScores, groupKey, verlRows } from './verl-rows.ts';

/** What the dashboard calls verl's metrics; the others keep their names. */
const NAMES = new Map([
  ['critic/score/mean', 'reward'],
  ['critic/score/max', 'reward_max'],
  ['critic/score/min', 'reward_min'],
  ['actor/pg_loss', 'loss'],
  ['actor/grad_norm', 'grad_norm'],
  ['actor/lr', 'learning_rate'],
  ['actor/entropy', 'entropy'],
  ['actor/kl_loss', 'kl'],
  ['actor/pg_clipfrac', 'clip_ratio/region_mean'],
  ['response_length/mean', 'completions/mean_length'],
  ['response_length/max', 'completions/max_length'],
  ['response_length/min', 'completions/min_length'],
  ['response_length/clip_ratio', 'completions/clipped_ratio'],
  ['timing_s/step', 'step_time'],
]);

/** The reader of a folder that verl dumps into; undefined where it is none. */
export function openVerlLog(source: string): LogReader | undefined {
  if (!openVerlFolder(source)) return undefined;
  const lines = new LoggedLines((rows) => ({
    count: rows.length,
    scores: extraScores(rows),
    size: usualSize(rows.map(groupKey)),
  }));
  const folder = (): VerlFolder => {
    const now = openVerlFolder(source);
    if (!now) throw new BadInput(`${source} is no longer there.`);
    return now;
  };
  return { from: 'verl', state: () => stateOfVerl(folder()), read: async () => readVerl(folder(), lines) };
}

type Lines = LoggedLines<{ count: number; scores: string[]; size: number }>;

function readVerl(found: VerlFolder, lines: Lines): TrainingLog {
  const files = [...found.training, ...found.validation];
  const read = lines.read(files.map(({ file }) => file));
  const batchesOf = (steps: readonly StepFile[], isEvaluation: boolean): LoggedBatch[] =>
    steps.flatMap(({ step, file }) => {
      const known = read.get(file);
      // Nothing of it is whole yet.
      if (!known || known.described.count === 0) return [];
      const { count, scores } = known.described;
      return {
        step,
        isEvaluation,
        count,
        digest: known.digest,
        rows: async () => verlRows(step, linesOf(file), scores),
      };
    });
  const training = batchesOf(found.training, false);
  const names = [...new Set([...read.values()].flatMap(({ described }) => described.scores))];
  const sizes = found.training.flatMap(({ file }) => read.get(file)?.described.size ?? []);
  const metrics = metricsOf(found);
  return {
    batches: [...training, ...batchesOf(found.validation, true)],
    metrics,
    weights: new Map([['score', 1], ...names.map((name) => [name, 0] as const)]),
    numGenerations: sizes.at(-1) ?? 1,
    ...{ args: undefined, maxSteps: undefined, done: false, startedAt: undefined },
    missing: [...lines.problems, ...missingFrom(found, metrics.size > 0)],
    missingColumns:
      'verl dumps gts, the expected answer, and no other columns of the dataset: import with a run config that names the dataset (--config RUN.grpo.json) where your reward functions need them.',
  };
}

function metricsOf({ metrics: [file, ...others], events }: VerlFolder): ReadonlyMap<number, MetricsRow> {
  const metrics = new LoggedMetrics(NAMES);
  for (const { file: eventFile } of events)
    ifReadable(() => {
      for (const { step, scalars } of readEvents(readBytes(eventFile, RUN_FILE))) metrics.take(step, scalars);
    });
  // The same numbers in full precision.
  if (file !== undefined && others.length === 0)
    ifReadable(() => {
      for (const { value } of linesOf(file)) metrics.take(value.step, value.data as Record<string, unknown>);
    });
  return metrics.rows;
}

function ifReadable(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
  }
}

function missingFrom({ training, validation, metrics }: VerlFolder, hasMetrics: boolean): string[] {
  const missing: string[] = [];
  if (training.length === 0)
    missing.push(
      'There are no completions of training: add trainer.rollout_data_dir=DIR/rollouts to see groups and to rescore them.',
    );
  if (validation.length === 0)
    missing.push('There are no held-out completions: add trainer.validation_data_dir=DIR/validation, and import DIR.');
  if (metrics.length > 1)
    missing.push(
      `Which metrics are those of this training is not known: leave one of ${metrics.join(', ')} in the folder to see its curves.`,
    );
  else if (!hasMetrics)
    missing.push(
      'Curves beyond the reward are not there: set VERL_FILE_LOGGER_ROOT=DIR/metrics and add "file" to trainer.logger, or add "tensorboard" with TENSORBOARD_DIR=DIR/tensorboard.',
    );
  if (training.length > 0)
    missing.push(
      'verl dumps no token ids, lengths, advantages or settings: the advantages here are (score - mean of the group) / standard deviation, whatever algorithm.adv_estimator was.',
    );
  return missing;
}
