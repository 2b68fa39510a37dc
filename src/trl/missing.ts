import type { LogHistory } from './log-history.ts';

/** What TRL's files do not tell about a run, and the one line of the training script that adds it. */
export function missingFrom({
  log,
  hasCompletions,
  problems,
}: {
  log: LogHistory;
  hasCompletions: boolean;
  /** Why files could not be read. */
  problems: readonly string[];
}): string[] {
  const missing = [...problems];
  if (!hasCompletions)
    missing.push('There are no completions: add log_completions=True to GRPOConfig to see groups and to rescore them.');
  if (!log.args)
    missing.push(
      'Settings are not known, and curves beyond the reward come with checkpoints only: add report_to=["tensorboard"] to GRPOConfig.',
    );
  if (hasCompletions)
    missing.push(
      'TRL does not log token ids, lengths, or whether a completion was cut off: pass callbacks=[GRPOLabCallback()] to GRPOTrainer (from grpo_lab import GRPOLabCallback) to record the next run in full.',
    );
  return missing;
}
