import type { DatasetColumns } from './dataset-columns.ts';
import type { LogHistory } from './log-history.ts';

/** What the files that were read do not tell about a run, and the one line of the training script, or of the command, that adds it. */
export function missingFrom({
  log,
  completions,
  unknownPrompts,
  columns,
  problems,
}: {
  log: LogHistory;
  completions: number;
  /** Of them, how many have a prompt that is not in the dataset. */
  unknownPrompts: number;
  columns: DatasetColumns | undefined;
  /** Why files could not be read. */
  problems: readonly string[];
}): string[] {
  const missing = [...problems];
  if (completions === 0)
    missing.push('There are no completions: add log_completions=True to GRPOConfig to see groups and to rescore them.');
  if (!log.args)
    missing.push(
      'Settings are not known, and curves beyond the reward come with checkpoints only: add report_to=["tensorboard"] to GRPOConfig.',
    );
  if (completions > 0) {
    missing.push(
      'TRL does not log token ids, lengths, or whether a completion was cut off: pass callbacks=[GRPOLabCallback()] to GRPOTrainer (from grpo_lab import GRPOLabCallback) to record the next run in full.',
    );
    if (!columns)
      missing.push(
        "TRL does not log the dataset's other columns, which most reward functions need: import with a run config that names the dataset (--config RUN.grpo.json).",
      );
    else if (unknownPrompts > 0)
      missing.push(
        `The prompts of ${unknownPrompts} of ${completions} completions are not in ${columns.files.join(', ')}: reward functions get no columns with these.`,
      );
  }
  return missing;
}
