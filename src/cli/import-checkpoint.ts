import { resolve } from 'node:path';
import { loadRunConfig } from '../config/load-config.ts';
import { checkPlace } from '../run-folder/atomic-write.ts';
import { placeOfRun } from '../run-folder/run-places.ts';
import { importCheckpoint } from '../trl/import-checkpoint.ts';
import type { CommandOf } from './commands.ts';
import { print, printAside, printJson, warn } from './output.ts';

/** `grpo import checkpoint`: a run that stands where TRL's training stood. */
export async function importCheckpointCommand(options: CommandOf<'import checkpoint'>): Promise<number> {
  const { checkpoint, config, out, set, json } = options;
  const loaded = loadRunConfig(config, { set });
  checkPlace(placeOfRun(loaded.file, out));
  const { run, step, notes } = await importCheckpoint(resolve(checkpoint), loaded, out);
  if (json) {
    printJson({ run, step, notes });
    return 0;
  }
  print(run);
  for (const note of notes) warn(note);
  const where = out === undefined ? '' : ` --out ${out}`;
  printAside(`grpo train ${config} --resume${where} continues it with step ${step + 1}.\n`);
  return 0;
}
