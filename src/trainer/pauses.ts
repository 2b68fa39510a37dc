import type { RunFolder } from '../run-folder/run-folder.ts';
import type { RunControl } from './control.ts';
import type { PauseReason, TrainingLoop } from './stage.ts';

/** Pausing and stopping, and saying so in the run folder and to the host. */
export class Pauses {
  readonly #control: RunControl;
  readonly #folder: Pick<RunFolder, 'update'>;
  readonly #emit: TrainingLoop['emit'];

  constructor(control: RunControl, folder: Pick<RunFolder, 'update'>, emit: TrainingLoop['emit']) {
    this.#control = control;
    this.#folder = folder;
    this.#emit = emit;
  }

  /** Pauses the run, and waits until it is resumed or stopped; says whether it continues. */
  async pause(why?: PauseReason): Promise<boolean> {
    this.#control.pause();
    this.announce('paused', why);
    await this.#control.resumed();
    if (this.#control.stopping) return false;
    this.announce('running');
    return true;
  }

  announce(state: 'running' | 'paused' | 'stopping', why?: PauseReason): void {
    this.#folder.update({ state, reason: why?.message ?? null });
    const { message: reason, problem, findings } = why ?? {};
    this.#emit({ type: 'state', state, ...(why && { reason, problem, ...(findings && { findings }) }) });
  }
}
