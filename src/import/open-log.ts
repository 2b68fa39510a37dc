import { BadInput } from '../protocol/errors.ts';
import { openPrimeRlLog } from './prime-rl-log.ts';
import type { LogReader } from './training-log.ts';
import { openTrlLog } from './trl-log.ts';
import { openVerlLog } from './verl-log.ts';

/** The reader for what lies in the folder. Throws BadInput where nothing is that one of them knows, or more than one training. */
export function openLog(source: string): LogReader {
  // TRL's comes last: event files, which it knows by their names alone, lie in others' folders too.
  const reader = openPrimeRlLog(source) ?? openVerlLog(source) ?? openTrlLog(source);
  if (reader) return reader;
  throw new BadInput(
    `${source} has neither a run nor what TRL's GRPOTrainer writes (completions/*.parquet, trainer_state.json or TensorBoard event files), verl (1.jsonl, 2.jsonl, … of trainer.rollout_data_dir) or prime-rl (rollouts/step_1/train/effective/traces.jsonl).`,
  );
}
