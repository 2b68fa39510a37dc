import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { type CheckpointFolder, Checkpoints } from './checkpoints.ts';
import type { RunControl } from './control.ts';
import { endDiverged } from './end-diverged.ts';
import type { Evaluation } from './evaluate.ts';
import { Pauses } from './pauses.ts';
import type { Stage, TrainingLoop } from './stage.ts';

/** The fields of a run config that the loop follows. */
export type LoopConfig = Pick<RunConfig, 'maxSteps' | 'saveSteps' | 'saveTotalLimit' | 'evalSteps'>;

/** Where the loop keeps its results: a RunFolder. */
export type LoopFolder = CheckpointFolder & Pick<RunFolder, 'update' | 'appendMetrics' | 'writeRollouts'>;

export interface TrainOptions {
  config: LoopConfig;
  control: RunControl;
  emit: TrainingLoop['emit'];
  /** The checkpoint that the stage was restored from. */
  resumed?: string | undefined;
  /** Whether someone watches who can fix a problem and resume. */
  attended: boolean;
  /** Samples and scores held-out prompts, every `evalSteps` steps; undefined: there are none. */
  evaluate?: (() => Promise<Pick<Evaluation, 'reward' | 'rewards'>>) | undefined;
}

export type Outcome = { outcome: 'done' | 'stopped'; step: number; checkpoint: string | null };

/** Takes a stage to its last step, and records each step; checks between steps whether to pause or stop. */
export async function train(stage: Stage, folder: LoopFolder, options: TrainOptions): Promise<Outcome> {
  const { config, control, emit, attended, evaluate } = options;
  const pauses = new Pauses(control, folder, emit);
  const checkpoints = new Checkpoints(stage, folder, config, options);
  const loop: TrainingLoop = {
    ...{ emit, attended },
    get stopping() {
      return control.stopping;
    },
    save: () => checkpoints.save(),
    pause: (why) => pauses.pause(why),
  };

  while (stage.progress.step < config.maxSteps) {
    // The engine blocks the event loop while it runs: signals and messages are heard here.
    await nextTurn();
    if (control.pausing) await pauses.pause();
    if (control.stopping) break;

    const finished = stage.progress.step;
    const record = await stage.step(loop).catch((error) => endDiverged(error, finished, checkpoints));
    if (!record) break;
    const { metrics, rollouts } = record;
    const { step } = metrics;
    if (evaluate && config.evalSteps !== null && step % config.evalSteps === 0) {
      emit({ type: 'phase', step, phase: 'evaluate' });
      const { reward, rewards } = await evaluate();
      emit({ type: 'eval', step, reward, rewards });
      metrics.eval_reward = reward;
    }
    if (rollouts) folder.writeRollouts(step, rollouts);
    folder.appendMetrics(metrics);
    folder.update({ step });
    emit({ type: 'step', step, metrics });
    if (step % config.saveSteps === 0) await checkpoints.save();
  }
  if (control.stopping) pauses.announce('stopping');
  await checkpoints.save();
  const { step } = stage.progress;
  return { outcome: step >= config.maxSteps ? 'done' : 'stopped', step, checkpoint: checkpoints.latest };
}
