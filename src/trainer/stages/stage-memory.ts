import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { RUN_FILE } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import { damagedFile } from '../../model/files/damaged-file.ts';
import { atomicWrite } from '../../run-folder/atomic-write.ts';

/** Writes what a stage remembers from step to step, beyond the policy, into a checkpoint. JSON has every digit of a number. */
export function writeMemory(folder: string, name: string, memory: unknown): void {
  atomicWrite(join(folder, name), `${JSON.stringify(memory)}\n`);
}

/**
 * Reads what `writeMemory` wrote; undefined where the checkpoint is of a run that had nothing of the kind to remember. Throws BadInput for a file that
 * is damaged.
 */
export function readMemory<Memory>(folder: string, name: string, schema: z.ZodType<Memory>): Memory | undefined {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  const memory = schema.safeParse(parsed(file));
  if (!memory.success) throw damagedFile(file, 'This is not what a run remembers from step to step');
  return memory.data;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readText(file, RUN_FILE));
  } catch (error) {
    throw damagedFile(file, `The checkpoint cannot be resumed (${(error as Error).message})`);
  }
}
