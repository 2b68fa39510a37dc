import type { LoggedCompletion } from './completions-file.ts';
import type { DatasetColumns } from './dataset-columns.ts';
import type { LogHistory } from './log-history.ts';

/** What the files that were read do not tell about a run, and the one line of the training script, or of the command, that adds it. */
export function missingFrom({
  log,
  completions,
  columns,
}: {
  log: LogHistory;
  completions: readonly LoggedCompletion[];
  columns: DatasetColumns | undefined;
}): string[] {
  const missing: string[] = [];
  if (completions.length === 0)
    missing.push('There are no completions: add log_completions=True to GRPOConfig to see groups and to rescore them.');
  if (!log.args)
    missing.push(
      'Settings are not known, and curves beyond the reward come with checkpoints only: add report_to=["tensorboard"] to GRPOConfig.',
    );
  if (completions.length > 0) {
    missing.push(
      'TRL does not log token ids, lengths, or whether a completion was cut off: pass callbacks=[GRPOLabCallback()] to GRPOTrainer (from grpo_lab import GRPOLabCallback) to record the next run in full.',
    );
    const unknown = columns ? completions.filter(({ prompt }) => columns.of(prompt) === undefined).length : 0;
    if (!columns)
      missing.push(
        "TRL does not log the dataset's other columns, which most reward functions need: import with a run config that names the dataset (--config RUN.grpo.json).",
      );
    else if (unknown > 0)
      missing.push(
        `The prompts of ${unknown} of ${completions.length} completions are not in ${columns.files.join(', ')}: reward functions get no columns with these.`,
      );
  }
  return missing;
}
