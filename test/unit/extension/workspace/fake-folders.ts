import type { RunSource } from '../../../../src/extension/workspace/run-list.ts';
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';
import type { Run } from '../../../../src/run-folder/read-run.ts';
import { deferred, settled } from '../fake-clock.ts';

const config = runConfigSchema.parse({ model: 'm', dataset: 'd.jsonl', rewards: ['a.reward.ts'] });

export function run(folder: string, changes: Partial<Run> & { step?: number; createdAt?: string } = {}): Run {
  const { step = 0, createdAt = '2026-01-01T00:00:00.000Z', ...rest } = changes;
  const times = { createdAt, updatedAt: createdAt };
  const about = {
    version: 1,
    name: folder,
    configFile: '/w/a.grpo.json',
    seed: 1,
    device: 'cpu',
    versions: {},
  } as const;
  const info = { ...about, ...times, state: 'running', reason: null, step, config } as Run['info'];
  return { folder, name: folder, info, about: {}, status: 'running', live: false, measure: undefined, ...rest };
}

/** Run folders that the test makes and deletes, read as slowly as it likes. */
export class FakeFolders implements RunSource {
  readonly runs = new Map<string, Run>();
  reads: string[] = [];
  #held: { folder: string; go: () => void }[] = [];
  holding = false;
  finding: Promise<void> = Promise.resolve();

  add(folder: string, changes: Parameters<typeof run>[1] = {}): void {
    this.runs.set(folder, run(folder, changes));
  }

  async find(): Promise<string[]> {
    const found = [...this.runs.keys()];
    await this.finding;
    return found;
  }

  async read(folder: string, live: boolean): Promise<Run | undefined> {
    this.reads.push(folder);
    const found = this.runs.get(folder);
    if (this.holding) {
      const { promise, resolve } = deferred();
      this.#held.push({ folder, go: resolve });
      await promise;
    }
    return found && { ...found, live };
  }

  /** Answers the reading that was begun last, or first. */
  async answer(which: 'first' | 'last'): Promise<void> {
    const held = which === 'first' ? this.#held.shift() : this.#held.pop();
    held?.go();
    await settled();
  }
}
