import type { RunFinding } from '../../protocol/run-finding.ts';
import type { ActiveTraining } from '../workspace/active-training.ts';
import type { Clock } from '../workspace/clock.ts';
import { Emitter } from '../workspace/emitter.ts';
import type { Training } from './training.ts';

/** A run that trains is looked at this often. */
const EVERY_MS = 3000;

/** An error that a run shows while it trains. */
export interface FoundError {
  run: ActiveTraining;
  finding: RunFinding;
}

/** Looks at what the curves of the run in training show, for the views of runs, and tells each kind of error once. */
export class RunFindings {
  readonly #training: Pick<Training, 'active' | 'onDidChange' | 'found'>;
  readonly #diagnose: (folder: string) => Promise<readonly RunFinding[]>;
  readonly #clock: Clock;
  readonly #errors = new Emitter<FoundError>();
  /** Run and kind of what someone has been told. */
  readonly #told = new Set<string>();
  readonly #subscription: { dispose(): void };
  /** The run that was looked at last, and its step then. */
  #looked: { run: ActiveTraining; step: number } | undefined;
  #cancel: (() => void) | undefined;

  /** `diagnose` looks at the run of a folder. */
  constructor(
    training: Pick<Training, 'active' | 'onDidChange' | 'found'>,
    diagnose: (folder: string) => Promise<readonly RunFinding[]>,
    clock: Clock,
  ) {
    this.#training = training;
    this.#diagnose = diagnose;
    this.#clock = clock;
    this.#subscription = training.onDidChange(() => this.#onChange());
  }

  readonly onDidFind = this.#errors.event;

  dispose(): void {
    this.#cancel?.();
    this.#subscription.dispose();
    this.#errors.dispose();
  }

  #onChange(): void {
    const { active } = this.#training;
    // A question about it has been asked.
    for (const { kind } of active?.pause?.findings ?? []) this.#isNews(active!, kind);
    if (!active || !this.#isNew(active)) return;
    this.#cancel ??= this.#clock.after(EVERY_MS, () => void this.#look());
  }

  #isNew(run: ActiveTraining): boolean {
    const { folder, progress } = run;
    if (folder === undefined || progress.step === 0) return false;
    return this.#looked?.run !== run || this.#looked.step !== progress.step;
  }

  async #look(): Promise<void> {
    const run = this.#training.active;
    if (run && this.#isNew(run)) {
      this.#looked = { run, step: run.progress.step };
      // A diagnosis that cannot be made is no reason to disturb a training: the dashboard's says why.
      const findings = await this.#diagnose(run.folder!).catch(() => []);
      this.#training.found(run, findings);
      for (const finding of findings)
        if (run.stage === 'running' && finding.severity === 'error' && this.#isNews(run, finding.kind))
          this.#errors.fire({ run, finding });
    }
    this.#cancel = undefined;
    this.#onChange();
  }

  #isNews({ folder }: ActiveTraining, kind: string): boolean {
    const told = `${folder} ${kind}`;
    if (this.#told.has(told)) return false;
    this.#told.add(told);
    return true;
  }
}
