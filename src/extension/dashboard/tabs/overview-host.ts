import { stat } from 'node:fs/promises';
import type { DashboardMessage } from '../../../protocol/dashboard.ts';
import type { StepRewards } from '../../../protocol/dashboard-overview.ts';
import { rolloutsFile } from '../../../run-folder/rollouts.ts';
import { readStepRewards } from '../../../run-folder/step-rewards.ts';
import type { TabContext, TabHost } from './tab-host.ts';

/** Steps that reach the webview together, and for how long they may wait for each other. */
const BATCH = { steps: 16, milliseconds: 100 };
/** More are not kept: a step is read again in a few milliseconds. */
const MOST_KEPT = 4096;

/** Reads the rewards of steps, one file after the other, and keeps them: a webview that was hidden asks again. */
export class OverviewHost implements TabHost {
  readonly #context: Pick<TabContext, 'folder' | 'post'>;
  readonly #kept = new Map<number, { version: string; rewards: StepRewards }>();
  #wanted: number[] = [];
  #reading = false;

  constructor(context: Pick<TabContext, 'folder' | 'post'>) {
    this.#context = context;
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    if (message.type !== 'distribution') return undefined;
    this.#wanted = [...message.steps];
    return this.#reading ? Promise.resolve() : this.#read();
  }

  dispose(): void {
    this.#wanted = [];
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#wanted.length > 0) await this.#readBatch();
    } finally {
      this.#reading = false;
    }
  }

  async #readBatch(): Promise<void> {
    const started = performance.now();
    const steps: StepRewards[] = [];
    const missing: number[] = [];
    while (steps.length + missing.length < BATCH.steps && performance.now() - started < BATCH.milliseconds) {
      const step = this.#wanted.shift();
      if (step === undefined) break;
      const rewards = await this.#rewardsOf(step);
      if (rewards) steps.push(rewards);
      else missing.push(step);
    }
    this.#context.post({ type: 'distribution', steps, missing });
  }

  /** A step that was taken back and trained again has another file. */
  async #rewardsOf(step: number): Promise<StepRewards | undefined> {
    try {
      const { mtimeMs, size } = await stat(rolloutsFile(this.#context.folder, step));
      const version = `${mtimeMs} ${size}`;
      const kept = this.#kept.get(step);
      if (kept?.version === version) return kept.rewards;
      const rewards = await readStepRewards(this.#context.folder, step);
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.set(step, { version, rewards });
      return rewards;
    } catch {
      // Deleted, or not readable: what the other steps say is shown.
      return undefined;
    }
  }
}
