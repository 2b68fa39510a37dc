import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { RUN_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { damagedFile } from '../model/files/damaged-file.ts';
import { atomicWrite } from '../run-folder/atomic-write.ts';

const FILE = 'prompt_position.json';
const savedPosition = z.object({ drawn: z.int().min(0) });

/** What one step draws of a run's prompts: never the same one twice. */
export class PromptDraw {
  readonly #at: (position: number) => number;
  readonly #rows: number;
  /** Rows of the dataset. */
  readonly drawn = new Set<number>();
  /** The place in the order where the next step begins. */
  position: number;

  /** `at`: the row at a position of the order, which has all `rows`. */
  constructor(at: (position: number) => number, { rows, position }: { rows: number; position: number }) {
    this.#at = at;
    this.#rows = rows;
    this.position = position;
  }

  /** The next rows of the dataset, or fewer where the step has drawn all others. */
  take(count: number): number[] {
    const taken: number[] = [];
    while (taken.length < count && this.drawn.size < this.#rows) {
      const row = this.#at(this.position++);
      if (this.drawn.has(row)) continue;
      this.drawn.add(row);
      taken.push(row);
    }
    return taken;
  }
}

/** Keeps with a checkpoint how many prompts were drawn: replaced ones make it more than its number of steps says. */
export const savePosition = (folder: string, drawn: number): void =>
  atomicWrite(join(folder, FILE), `${JSON.stringify({ drawn })}\n`);

/** As it was saved; undefined where it was not, as each step drew the same number. */
export function readPosition(folder: string): number | undefined {
  const file = join(folder, FILE);
  if (!existsSync(file)) return undefined;
  try {
    return savedPosition.parse(JSON.parse(readText(file, RUN_FILE))).drawn;
  } catch (error) {
    throw damagedFile(file, `The checkpoint cannot be resumed (${(error as Error).message})`);
  }
}
