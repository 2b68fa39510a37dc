import { resolve } from 'node:path';
import { type LoadedConfig, loadRunConfig } from '../config/load-config.ts';
import { digestTokenizer } from '../model/tokenizer/tokenizer-digest.ts';
import { problemOf } from '../protocol/errors.ts';
import { PROTOCOL_VERSION, type TrainerEvent } from '../protocol/events.ts';
import { findingText } from '../protocol/finding.ts';
import { heldOutOf } from '../protocol/held-out.ts';
import { presetNotes } from '../protocol/presets.ts';
import type { MetricsRow, RunInputs } from '../protocol/run-folder.ts';
import { scheduleOf } from '../protocol/schedule.ts';
import type { TrainerOptions } from '../protocol/trainer-options.ts';
import { unusedNotes } from '../protocol/trl-config.ts';
import { checkPlace, tryTo } from '../run-folder/atomic-write.ts';
import { listCheckpoints } from '../run-folder/checkpoints.ts';
import { logLine } from '../run-folder/log-line.ts';
import { readMetrics } from '../run-folder/metrics.ts';
import { type CompleteRun, planResume, type ResumePlan } from '../run-folder/plan-resume.ts';
import { resumeNotes } from '../run-folder/resume-notes.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { digestInputs } from '../run-folder/run-inputs.ts';
import { placeOfRun } from '../run-folder/run-places.ts';
import type { RunControl } from './control.ts';
import { type PreparedStages, prepareStages } from './prepare-stages.ts';
import { completionRoom } from './prompt-lengths.ts';
import { quantizationNote } from './quantization.ts';
import { recomputedNote } from './recomputation.ts';
import { Reports } from './reports.ts';
import { recordRewards, runRewards } from './run-rewards.ts';
import { RunWatch } from './run-watch.ts';
import { StageSequence, startLearner } from './stage-sequence.ts';
import { stopReason } from './stop-words.ts';
import type { Outcome, TrainOptions } from './train.ts';
import { versions } from './versions.ts';

export interface SessionOptions extends TrainerOptions {
  /** Recorded completions to train on. */
  rollouts?: string;
  rewardWorker: string;
  /** Someone watches who can fix a reward and resume. */
  attended: boolean;
}

/** What a session came to, and where it is kept. */
export type SessionResult = Outcome & { run: string };

/** Trains a run whose config names another backend. */
export type TrainElsewhere = (
  plan: NewRunPlan | ResumePlan,
  options: SessionOptions,
  control: RunControl,
  emit: (event: TrainerEvent) => void,
) => Promise<SessionResult>;

/**
 * A training from config file to final checkpoint: the trainer process and `grpo train` are both this. Throws BadInput before anything
 * is written, RunFailure when the run itself fails; its folder then says so.
 */
export async function runSession(
  options: SessionOptions,
  control: RunControl,
  emit: (event: TrainerEvent) => void,
  trainWithTrl?: TrainElsewhere,
): Promise<SessionResult> {
  let folder: RunFolder | undefined;
  const tell = (event: TrainerEvent) => {
    const line = logLine(event);
    // A log that cannot be written must not end the run: what matters is written elsewhere, and fails there.
    if (line !== undefined) tryTo(() => folder?.log(line));
    emit(event);
  };

  const plan = options.resume ? planResume(options, digestTokenizer, tell) : newRun(options);
  if (plan.complete) return nothingToTrain(plan, tell);
  if (plan.run === undefined) checkPlace(placeOfRun(plan.loaded.file, options.out));
  tell({ type: 'phase', step: 0, phase: 'load' });
  if (plan.loaded.config.backend === 'trl') return trainWithTrl!(plan, options, control, emit);
  const { loaded, rollouts, texts } = plan;
  const { rewardWorker, attended, checkFirst = false } = options;
  const checkpoint = plan.run === undefined ? undefined : listCheckpoints(plan.run).at(-1);
  const run = await prepareStages(loaded, {
    ...{ rewardWorker, texts, checkpoint },
    onLoad: (share) => tell({ type: 'phase', step: 0, phase: 'load', share }),
    onOutput: (text) => tell({ type: 'log', level: 'info', message: text.trimEnd() }),
    onWarning: (message) => tell({ type: 'log', level: 'warning', message }),
    ...(rollouts !== undefined && { rollouts }),
  });
  try {
    const { inputs = digestInputs(run.config, rollouts, { digestTokenizer }) } = plan;
    // What cannot even be set up leaves no folder that says it is running.
    const first = plan.run === undefined ? await startLearner(run) : undefined;
    const kept = plan.run !== undefined ? RunFolder.open(plan.run) : createFolder(loaded, inputs, run, options.out);
    folder = kept;
    try {
      const onReopened = (step: number) => recordRewards(kept, run.rewards, step);
      const stages = await StageSequence.open({ run, folder: kept, onReopened }, first);
      const watched = { attended, checkFirst: checkFirst && plan.run === undefined };
      const training = { control, emit: tell, ...watched };
      return { ...(await trainIn(kept, run, stages, { configFile: loaded.file, inputs }, training)), run: kept.path };
    } finally {
      kept.close();
    }
  } finally {
    await run.rewards.close();
  }
}

export type NewRunPlan = Omit<ResumePlan, 'run' | 'inputs'> & { run?: undefined; inputs?: undefined };

function newRun({ configFile, set, rollouts: given }: SessionOptions): NewRunPlan {
  const loaded = loadRunConfig(configFile, set ? { set } : {});
  return { loaded, rollouts: given === undefined ? undefined : resolve(given), texts: new Map() };
}

/** For whoever resumes runs without looking whether they are done. The folder stays as it is. */
function nothingToTrain({ run, complete }: CompleteRun, emit: (event: TrainerEvent) => void): SessionResult {
  const { step, path: checkpoint } = complete;
  const message = `Nothing to train: the run in ${run} has all of its ${step} steps. Raise "maxSteps" to continue it.`;
  emit({ type: 'log', level: 'info', message });
  emit({ type: 'end', outcome: 'done', step, checkpoint });
  return { outcome: 'done', step, checkpoint, run };
}

async function trainIn(
  folder: RunFolder,
  run: PreparedStages,
  stages: StageSequence,
  { configFile, inputs }: { configFile: string; inputs: RunInputs },
  options: Pick<TrainOptions, 'control' | 'emit' | 'attended' | 'checkFirst'>,
): Promise<Outcome> {
  const { config, engine } = run;
  const { emit } = options;
  const resumedFrom = stages.step;
  try {
    const before = folder.info;
    const kept = folder.rewindTo(resumedFrom);
    const running = { state: 'running', reason: null, findings: undefined, heldOut: undefined } as const;
    const { opened, number } = run.stages[0]!;
    const { model } = opened;
    folder.update({
      ...running,
      seed: config.seed,
      completionRoom: roomOf(run, before.completionRoom),
      // Of the model that the run began with.
      ...(number === 1 && { quantization: model.quantization, recomputed: model.recomputed }),
    });
    const record = { configFile, config, device: engine.name, versions: versions(), inputs };
    const next = resumedFrom + 1;
    const changes = [...folder.change(record, next), ...recordRewards(folder, run.rewards, next)];
    // What was measured before the first step was so under other settings.
    const restarts = resumedFrom === 0 && changes.length > 0;
    if (restarts) folder.clearMetrics();
    emit({
      type: 'start',
      protocol: PROTOCOL_VERSION,
      run: folder.path,
      name: folder.info.name,
      device: engine.name,
      maxSteps: config.maxSteps,
      resumedFrom,
      schedule: scheduleOf(config),
      ...(run.findings.length > 0 && { findings: run.findings }),
    });
    const presets = resumedFrom === 0 ? [...presetNotes(config), ...unusedNotes(config)] : [];
    for (const message of [...presets, ...resumeNotes(before, changes, next)])
      emit({ type: 'log', level: 'info', message });
    for (const finding of run.findings)
      emit({
        type: 'log',
        level: finding.severity === 'information' ? 'info' : 'warning',
        message: findingText(finding),
      });
    if (config.quantization === 'auto')
      emit({ type: 'log', level: 'info', message: quantizationNote(model, { resumed: resumedFrom > 0 }) });
    if (config.gradientCheckpointing === 'auto' && model.recomputed)
      emit({ type: 'log', level: 'info', message: recomputedNote(model) });
    if (run.engineReason) emit({ type: 'log', level: 'info', message: `On ${engine.name}: ${run.engineReason}.` });
    const rows = restarts ? [] : kept;
    const reports = new Reports(folder, rows, (message) => emit({ type: 'log', level: 'warning', message }));
    const report = (row: MetricsRow) => reports.add(row);
    const watch = new RunWatch(folder.info, { config: before.config, rows });
    const training = stages.train({ ...options, before: rows, report, watch });
    const outcome = await training.finally(() => reports.close());
    const { findings } = outcome;
    const heldOut = heldOutOf(readMetrics(folder.path));
    const result = { ...(findings && { findings }), ...(heldOut && { heldOut }) };
    folder.update({ state: outcome.outcome, reason: stopReason(outcome), ...result });
    emit({ type: 'end', ...outcome, ...result });
    return outcome;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // With a full disk even this may fail; the first error is the one to report.
    const problem = problemOf(error);
    tryTo(() => folder.update({ state: 'failed', reason, failure: problem?.kind }));
    if (!problem && error instanceof Error) tryTo(() => folder.log(error.stack ?? reason));
    const checkpoint = folder.checkpoints().at(-1)?.path ?? null;
    emit({ type: 'end', outcome: 'failed', step: folder.info.step, checkpoint, error: reason, problem });
    throw error;
  }
}

/** For every stage that samples, those that are over included, of which `before` is known. */
function roomOf({ stages }: PreparedStages, before: number | undefined): number | undefined {
  const rooms = stages.flatMap(({ opened, sampling }) =>
    sampling ? completionRoom(opened.model, sampling.prompts) : [],
  );
  if (stages[0]!.number > 1 && before !== undefined) rooms.push(before);
  return rooms.length > 0 ? Math.min(...rooms) : undefined;
}

function createFolder({ name, file }: LoadedConfig, inputs: RunInputs, run: PreparedStages, out?: string): RunFolder {
  const { config, engine, rewards } = run;
  const described = { device: engine.name, versions: versions(), rewards: runRewards(rewards), config, inputs };
  return RunFolder.create({ name, configFile: file, ...described }, out);
}
