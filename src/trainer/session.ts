import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BadInput, RunFailure } from '../protocol/errors.ts';
import { PROTOCOL_VERSION, type TrainerEvent } from '../protocol/events.ts';
import { RUN_FILES, type RunReward } from '../protocol/run-folder.ts';
import { tryTo } from './atomic-write.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { RunControl } from './control.ts';
import { type LoadedConfig, loadRunConfig } from './load-config.ts';
import { logLine } from './log-line.ts';
import { movePolicy } from './policy-state.ts';
import { type PreparedRun, prepareRun } from './prepare.ts';
import { latestRun, RunFolder } from './run-folder.ts';
import { type Outcome, type TrainOptions, train } from './train.ts';
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
  let folder: RunFolder | undefined;
  const tell = (event: TrainerEvent) => {
    const line = logLine(event);
    // A log that cannot be written must not end the run: what matters is written elsewhere, and fails there.
    if (line !== undefined) tryTo(() => folder?.log(line));
    emit(event);
  };

  const loaded = loadRunConfig(options.configFile, options.set ? { set: options.set } : {});
  const resumed = options.resume ? runToResume(loaded, options.out) : undefined;
  tell({ type: 'phase', step: 0, phase: 'load' });
  const { rewardWorker, rollouts, attended } = options;
  const run = await prepareRun(loaded, {
    rewardWorker,
    onLoad: (share) => tell({ type: 'phase', step: 0, phase: 'load', share }),
    onOutput: (text) => tell({ type: 'log', level: 'info', message: text.trimEnd() }),
    ...(rollouts !== undefined && { rollouts }),
  });
  try {
    folder = resumed === undefined ? createFolder(loaded, run, options.out) : RunFolder.open(resumed);
    try {
      const checkpoint = folder.checkpoints().at(-1);
      const resume = checkpoint && (await resumeFrom(checkpoint.path, run));
      return { ...(await trainIn(folder, run, { control, emit: tell, attended, resume })), run: folder.path };
    } finally {
      folder.close();
    }
  } finally {
    await run.rewards.close();
  }
}

async function resumeFrom(path: string, { model, engine }: PreparedRun): Promise<TrainOptions['resume']> {
  const { policy, state } = await readCheckpoint(path, model);
  return { policy: await movePolicy(policy, (weights) => engine.upload(weights)), state, path };
}

async function trainIn(folder: RunFolder, run: PreparedRun, options: TrainOptions): Promise<Outcome> {
  const { config, engine } = run;
  const { emit, resume } = options;
  const resumedFrom = resume?.state.step ?? 0;
  try {
    folder.rewindTo(resumedFrom);
    const { seed } = config;
    const described = { config, seed, rewards: runRewards(run), device: engine.name, versions: versions() };
    folder.update({ state: 'running', reason: null, ...described });
    emit({
      type: 'start',
      protocol: PROTOCOL_VERSION,
      run: folder.path,
      name: folder.info.name,
      device: engine.name,
      maxSteps: config.maxSteps,
      resumedFrom,
    });
    if (run.engineReason) emit({ type: 'log', level: 'info', message: `On ${engine.name}: ${run.engineReason}.` });
    const outcome = await train(run, folder, options);
    folder.update({ state: outcome.outcome, reason: null });
    emit({ type: 'end', ...outcome });
    return outcome;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // With a full disk even this may fail; the first error is the one to report.
    tryTo(() => folder.update({ state: 'failed', reason }));
    const foreseen = error instanceof RunFailure || error instanceof BadInput;
    if (!foreseen && error instanceof Error) tryTo(() => folder.log(error.stack ?? reason));
    const checkpoint = folder.checkpoints().at(-1)?.path ?? null;
    emit({ type: 'end', outcome: 'failed', step: folder.info.step, checkpoint, error: reason });
    throw error;
  }
}

function createFolder({ name, file }: LoadedConfig, run: PreparedRun, out: string | undefined): RunFolder {
  return RunFolder.create(
    {
      name,
      configFile: file,
      device: run.engine.name,
      versions: versions(),
      rewards: runRewards(run),
      config: run.config,
    },
    out,
  );
}

const runRewards = ({ rewards }: PreparedRun): RunReward[] =>
  rewards.functions.map(({ name, file, weight }) => ({ name, file, weight }));

function runToResume({ file, name }: LoadedConfig, out: string | undefined): string {
  const run = out === undefined ? latestRun(file) : resolve(out);
  if (run === undefined) throw new BadInput(`There is no run of ${name} to resume; start one without --resume.`);
  if (!existsSync(join(run, RUN_FILES.info)))
    throw new BadInput(`There is no run in ${run} to resume; start one without --resume.`);
  return run;
}
