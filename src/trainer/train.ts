import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Metrics } from '../grpo/metrics.ts';
import { mean } from '../grpo/statistics.ts';
import { type Finding, findingText } from '../protocol/finding.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { MetricsRow } from '../protocol/run-folder.ts';
import { evaluatesAfter, savesAfter } from '../protocol/schedule.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { type CheckpointFolder, Checkpoints } from './checkpoints.ts';
import type { RunControl } from './control.ts';
import type { RewardWatch } from './edited-rewards.ts';
import { endDiverged } from './end-diverged.ts';
import { evaluationMetrics, type RecordedEvaluation, type Watching } from './evaluate.ts';
import { firstStepWords, LearningSignal } from './learning-signal.ts';
import { Pauses } from './pauses.ts';
import type { RunWatch } from './run-watch.ts';
import type { Stage, TrainingLoop } from './stage.ts';
import { stopWords } from './stop-words.ts';

/** The fields of a run config that the loop follows. */
export type LoopConfig = Pick<RunConfig, 'maxSteps' | 'saveSteps' | 'saveTotalLimit' | 'evalSteps' | 'evalOnStart'>;

/** Where the loop keeps its results: a RunFolder. */
export type LoopFolder = CheckpointFolder &
  Pick<RunFolder, 'update' | 'appendMetrics' | 'writeRollouts' | 'writeUpdate' | 'writeEvaluation'>;

export interface TrainOptions {
  config: LoopConfig;
  /** The number of the stage, in a run of several: its rows of metrics say it. */
  stage?: number | undefined;
  control: RunControl;
  emit: TrainingLoop['emit'];
  /** The checkpoint that the stage was restored from. */
  resumed?: string | undefined;
  /** The rows of metrics that the run has already: of steps before this session, and what was measured before the first. */
  before?: readonly MetricsRow[];
  /** Hears each row of metrics once it is recorded. */
  report?: ((row: MetricsRow) => void) | undefined;
  /** Whether someone watches who can fix a problem and resume. */
  attended: boolean;
  /** Whether to ask, before the first update of a new run, when nothing can be learned from its first step. */
  checkFirst?: boolean;
  /** Looks for what the config says to stop at. */
  watch?: RunWatch | undefined;
  /** Loads reward code that is edited while someone has paused the run. */
  watchRewards?: RewardWatch | undefined;
  /** Samples and scores held-out prompts; undefined: there are none. */
  evaluate?: ((watching: Watching) => Promise<RecordedEvaluation | undefined>) | undefined;
}

export interface Outcome {
  outcome: 'done' | 'stopped';
  step: number;
  checkpoint: string | null;
  /** Why nothing was learned, or why it was stopped by `stopOn`, where that is so. */
  findings?: Finding[];
}

/** Takes a stage to its last step, and records each step; checks between steps whether to pause or stop. */
export async function train(stage: Stage, folder: LoopFolder, options: TrainOptions): Promise<Outcome> {
  const { config, control, emit, attended, before = [] } = options;
  const plan = { ...config, heldOut: options.evaluate !== undefined };
  const pauses = new Pauses(control, folder, emit);
  const checkpoints = new Checkpoints(stage, folder, config, options);
  const signal = new LearningSignal(before);

  const nothingToLearn = async (cause: Finding): Promise<boolean> => {
    const message = firstStepWords(cause);
    if (attended && options.checkFirst) return pauses.pause({ message, findings: [cause] });
    emit({ type: 'log', level: 'warning', message: findingText({ ...cause, evidence: message }) });
    return true;
  };
  const loop: TrainingLoop = {
    ...{ emit, attended },
    get stopping() {
      return control.stopping;
    },
    save: () => checkpoints.save(),
    pause: (why) => pauses.pause(why),
    async scored({ step, rows, replayed = [], discarded = [], findings }) {
      folder.writeRollouts(step, [...rows, ...replayed, ...discarded]);
      emit({ type: 'scored', step, completions: rows.length, reward: mean(rows.map(({ reward }) => reward)) });
      const cause = signal.take(findings);
      return step === 1 && cause ? nothingToLearn(cause) : true;
    },
  };

  let ill: Finding | undefined;
  /** Whether to continue with what was found. */
  const continues = async (finding: Finding, step: number): Promise<boolean> => {
    const message = stopWords(finding, step);
    if (attended) return pauses.pause({ message, findings: [finding] });
    ill = { ...finding, evidence: message };
    return false;
  };

  const record = (row: MetricsRow): void => {
    folder.appendMetrics(row);
    options.report?.(row);
  };

  /** Of a policy that has taken `step` steps. */
  const evaluate = async (step: number, watching: Watching = {}): Promise<Metrics | undefined> => {
    const phase = (share: number) => emit({ type: 'phase', step, phase: 'evaluate', share });
    const started = performance.now();
    const evaluation = await options.evaluate!({ ...watching, onShare: phase });
    if (!evaluation) return undefined;
    const { reward, rewards } = evaluation;
    folder.writeEvaluation(step, evaluation.rows(step));
    emit({ type: 'eval', step, reward, rewards });
    return { ...evaluationMetrics(evaluation), 'time/evaluate': secondsSince(started) };
  };

  const isNew = stage.progress.step === 0 && before.length === 0;
  if (isNew && evaluatesAfter(0, plan)) {
    // Whoever stops it now need not wait for the rest: when the run is resumed, it is measured.
    const start = await evaluate(0, { abandoned: () => control.stopping });
    if (start) record({ ...start, step: 0 });
  }
  let saveSeconds: number | undefined;
  while (stage.progress.step < config.maxSteps) {
    // The engine blocks the event loop while it runs: signals and messages are heard here.
    await nextTurn();
    if (control.pausing) {
      const takeEdits = options.watchRewards?.();
      if (await pauses.pause()) await takeEdits?.(stage.progress.step + 1, loop);
    }
    if (control.stopping) break;

    const finished = stage.progress.step;
    const taken = await stage.step(loop).catch((error) => endDiverged(error, finished, checkpoints));
    if (!taken) break;
    const { step } = taken.metrics;
    const metrics = {
      ...taken.metrics,
      ...(options.stage !== undefined && { stage: options.stage }),
      // Of the checkpoint before this step: whoever estimates the time left has to know.
      ...(saveSeconds !== undefined && { 'time/save': saveSeconds }),
      ...(evaluatesAfter(step, plan) && (await evaluate(step))),
    };
    saveSeconds = undefined;
    if (taken.update) folder.writeUpdate(step, taken.update);
    record(metrics);
    folder.update({ step });
    emit({ type: 'step', step, metrics });
    if (savesAfter(step, plan)) {
      const started = performance.now();
      await checkpoints.save();
      saveSeconds = secondsSince(started);
    }
    const finding = step < config.maxSteps ? options.watch?.take(metrics) : undefined;
    if (finding && !(await continues(finding, step))) break;
  }
  if (control.stopping) pauses.announce('stopping');
  await checkpoints.save();
  const { step } = stage.progress;
  const done = step >= config.maxSteps;
  const why = done ? signal.nothingLearned : ill;
  const findings = why && { findings: [why] };
  return { outcome: done ? 'done' : 'stopped', step, checkpoint: checkpoints.latest, ...findings };
}

const secondsSince = (started: number): number => (performance.now() - started) / 1000;
