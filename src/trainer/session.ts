import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import { PROTOCOL_VERSION, type TrainerEvent } from '../protocol/events.ts';
import { RUN_FILES } from '../protocol/run-folder.ts';
import type { RunControl } from './control.ts';
import { type LoadedConfig, loadRunConfig } from './load-config.ts';
import { type PreparedRun, prepareRun } from './prepare.ts';
import { latestRun, RunFolder } from './run-folder.ts';
import { type Outcome, train } from './train.ts';
import { versions } from './versions.ts';

export interface SessionOptions {
  configFile: string;
  /** `path=value` overrides of config fields. */
  set?: string[];
  /** The run folder, instead of one under `.grpo/runs`. */
  out?: string;
  /** Go on with the run in `out`, or with the config's newest one. */
  resume?: boolean;
  /** Recorded completions to train on. */
  rollouts?: string;
  rewardWorker: string;
  /** Someone watches who can fix a reward and resume. */
  attended: boolean;
}

/** What a session came to, and where it is kept. */
export type SessionResult = Outcome & { run: string };

/**
 * A training from config file to final checkpoint: the trainer process and `grpo train` are both this. Throws BadInput before anything
 * is written, RunFailure when the run itself fails; its folder then says so.
 */
export async function runSession(
  options: SessionOptions,
  control: RunControl,
  emit: (event: TrainerEvent) => void,
): Promise<SessionResult> {
  const loaded = loadRunConfig(options.configFile, options.set ? { set: options.set } : {});
  const resumed = options.resume ? runToResume(loaded, options.out) : undefined;
  emit({ type: 'phase', step: 0, phase: 'load' });
  const { rewardWorker, rollouts } = options;
  const run = await prepareRun(loaded, { rewardWorker, ...(rollouts !== undefined && { rollouts }) });
  try {
    const folder = resumed === undefined ? createFolder(loaded, run, options.out) : RunFolder.open(resumed);
    try {
      return { ...(await trainIn(folder, run, options, control, emit)), run: folder.path };
    } finally {
      folder.close();
    }
  } finally {
    await run.rewards.close();
  }
}

async function trainIn(
  folder: RunFolder,
  run: PreparedRun,
  { attended }: SessionOptions,
  control: RunControl,
  emit: (event: TrainerEvent) => void,
): Promise<Outcome> {
  const { config } = run;
  const checkpoint = folder.checkpoints().at(-1);
  const resumedFrom = checkpoint?.step ?? 0;
  folder.rewindTo(resumedFrom);
  folder.update({ state: 'running', reason: null, config, device: run.engine.name, versions: versions() });
  const { name } = folder.info;
  emit({
    type: 'start',
    protocol: PROTOCOL_VERSION,
    run: folder.path,
    name,
    device: run.engine.name,
    maxSteps: config.maxSteps,
    resumedFrom,
  });
  try {
    const outcome = await train(run, folder, {
      control,
      emit,
      attended,
      ...(checkpoint && { resumeFrom: checkpoint.path }),
    });
    folder.update({ state: outcome.outcome, reason: null });
    emit({ type: 'end', ...outcome });
    return outcome;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const { step } = folder.info;
    emit({
      type: 'end',
      outcome: 'failed',
      step,
      checkpoint: folder.checkpoints().at(-1)?.path ?? null,
      error: reason,
    });
    // With a full disk even this may fail; the first error is the one to report.
    try {
      folder.log(error instanceof Error ? (error.stack ?? reason) : reason);
      folder.update({ state: 'failed', reason });
    } catch {}
    throw error;
  }
}

function createFolder({ name, file }: LoadedConfig, run: PreparedRun, out: string | undefined): RunFolder {
  return RunFolder.create(
    { name, configFile: file, device: run.engine.name, versions: versions(), config: run.config },
    out,
  );
}

function runToResume({ file, name }: LoadedConfig, out: string | undefined): string {
  const run = out === undefined ? latestRun(file) : resolve(out);
  if (run === undefined) throw new BadInput(`there is no run of ${name} to resume; start one without --resume`);
  if (!existsSync(join(run, RUN_FILES.info))) throw new BadInput(`there is no run in ${run} to resume`);
  return run;
}
