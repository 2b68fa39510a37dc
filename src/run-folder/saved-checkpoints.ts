import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAdapterFolder } from '../files/adapter-folder.ts';
import type { SavedCheckpoint } from '../protocol/dashboard-checkpoints.ts';
import { type Checkpoint, listCheckpointsLater } from './checkpoints.ts';

/** The checkpoints of a run as people look at them, measured once each: what is saved does not change. */
export class SavedCheckpoints {
  readonly #run: string;
  #known = new Map<string, SavedCheckpoint>();

  constructor(run: string) {
    this.#run = run;
  }

  /** Oldest first. */
  async list(): Promise<SavedCheckpoint[]> {
    const there = await listCheckpointsLater(this.#run);
    const measured = await Promise.all(
      there.map(async (checkpoint): Promise<[string, SavedCheckpoint] | undefined> => {
        const saved = this.#known.get(checkpoint.path) ?? (await measure(checkpoint).catch(() => undefined));
        return saved && [checkpoint.path, saved];
      }),
    );
    // One that is gone may come back as another, where a run was rewound.
    this.#known = new Map(measured.filter((one) => one !== undefined));
    return [...this.#known.values()];
  }
}

async function measure({ path, step }: Checkpoint): Promise<SavedCheckpoint> {
  const names = await readdir(path);
  const files = await Promise.all(names.map((name) => stat(join(path, name))));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const savedAt = new Date(Math.max(...files.map(({ mtimeMs }) => mtimeMs))).toISOString();
  return { step, bytes, savedAt, kind: isAdapterFolder(path) ? 'adapter' : 'full' };
}
