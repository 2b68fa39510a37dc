import type { RunConfig } from '../protocol/run-config.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import type { Stage, TrainingLoop } from './stage.ts';

/** What writing checkpoints needs of a run folder. */
export type CheckpointFolder = Pick<RunFolder, 'writeCheckpoint' | 'checkpoints' | 'pruneCheckpoints'>;

/** The checkpoints of a training: one of each state at most. */
export class Checkpoints {
  /** The newest one. */
  latest: string | null;
  readonly #stage: Stage;
  readonly #folder: CheckpointFolder;
  readonly #limit: RunConfig['saveTotalLimit'];
  readonly #emit: TrainingLoop['emit'];
  #savedStep: number | undefined;

  /** `resumed`: the checkpoint that the stage was restored from. */
  constructor(
    stage: Stage,
    folder: CheckpointFolder,
    { saveTotalLimit }: Pick<RunConfig, 'saveTotalLimit'>,
    { emit, resumed }: { emit: TrainingLoop['emit']; resumed?: string | undefined },
  ) {
    this.#stage = stage;
    this.#folder = folder;
    this.#limit = saveTotalLimit;
    this.#emit = emit;
    this.latest = resumed ?? null;
    this.#savedStep = resumed === undefined ? undefined : stage.progress.step;
  }

  /** Whether the stage is as it was last saved. */
  get upToDate(): boolean {
    return this.#savedStep === this.#stage.progress.step;
  }

  /** Saves the stage as it is now, unless that was done. Without `prune` no older checkpoint goes. */
  async save({ prune = true } = {}): Promise<void> {
    if (this.upToDate) return;
    const { step } = this.#stage.progress;
    this.#emit({ type: 'phase', step, phase: 'save' });
    this.latest = await this.#folder.writeCheckpoint(step, (to) => this.#stage.save(to));
    this.#savedStep = step;
    if (prune) this.#folder.pruneCheckpoints(this.#limit);
    this.#emit({ type: 'checkpoint', step, path: this.latest });
  }

  /** The newest one on disk of at most `step` steps. */
  lastUpTo(step: number): { step: number; path: string } | undefined {
    return this.#folder.checkpoints().findLast((checkpoint) => checkpoint.step <= step);
  }
}
