import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { type MetricsRow, RUN_FILES, stepName } from '../../src/protocol/run-folder.ts';
import { listCheckpoints } from '../../src/run-folder/checkpoints.ts';
import { readMetrics } from '../../src/run-folder/metrics.ts';
import { holdsRun, readRunInfo } from '../../src/run-folder/run-info.ts';
import { readCheckpoint } from '../../src/trainer/policy/checkpoint.ts';
import { startTraining, type Training } from './command.ts';
import { descendantsOf, type ProcessId, survivors } from './process-tree.ts';

/**
 * Where a trainer is killed: at a moment anywhere in its run, while it writes a checkpoint, or while it loads a checkpoint to continue from
 * (after a first kill at any moment).
 */
export type KillPoint = 'anywhere' | 'checkpoint' | 'resume';
export const KILL_POINTS: readonly KillPoint[] = ['anywhere', 'checkpoint', 'resume'];

/** What is trained again and again. */
export interface Subject {
  /** The bundled command. */
  grpo: string;
  /** The config and overrides, as `grpo train` takes them; every step writes a checkpoint. */
  args: readonly string[];
  steps: number;
  /** An uninterrupted run of it. */
  whole: string;
  /** How long that took, in milliseconds: from start to end, and to write its last checkpoint. */
  duration: number;
  saving: number;
}

export interface TrialResult {
  kills: number;
  /** Steps that had a checkpoint when the trainer was killed, and were gone afterwards. */
  stepsLost: number;
  /** Files that could not be read afterwards, each in words. */
  damaged: string[];
  /** Processes that outlived the trainer by 5 seconds. */
  processesLeft: number;
  /** What differs from the uninterrupted run, once it was resumed to its end. */
  differences: string[];
}

const WAIT_SECONDS = 5;
/** What a checkpoint of a run holds in full, weights and optimizer, and where the run stands. */
const CHECKPOINT_FILES = ['grpo_optimizer.safetensors', 'trainer_state.json'];

/** Trains without interruption, into `whole`, and times it. */
export async function trainWhole(
  grpo: string,
  args: readonly string[],
  steps: number,
  whole: string,
): Promise<Subject> {
  const started = performance.now();
  let [saveStarted, saving] = [0, 0];
  const { ended } = startTraining(grpo, [...args, '--out', whole], (event) => {
    if (event.type === 'phase' && event.phase === 'save') saveStarted = performance.now();
    if (event.type === 'checkpoint') saving = performance.now() - saveStarted;
  });
  const { status, stderr } = await ended;
  if (status !== 0) throw new Error(`the run that is not killed failed: ${stderr}`);
  return { grpo, args, steps, whole, duration: performance.now() - started, saving };
}

/** One run in `folder`, killed at a moment that `random` chooses (numbers in [0, 1)), looked at, and resumed to its end. */
export async function killTrial(
  subject: Subject,
  point: KillPoint,
  folder: string,
  random: () => number,
): Promise<TrialResult> {
  const { grpo, args, steps } = subject;
  const result: TrialResult = { kills: 0, stepsLost: 0, damaged: [], processesLeft: 0, differences: [] };
  rmSync(folder, { recursive: true, force: true });

  const train = async (kill?: (training: Training, saw: Saw) => Promise<void>) => {
    // Killed before it made its folder, it has nothing to resume.
    const resume = holdsRun(folder) ? ['--resume'] : [];
    const saw: Saw = { saves: 0, checkpoint: 0, listeners: new Set() };
    const training = startTraining(grpo, [...args, '--out', folder, ...resume], (event) => {
      if (event.type === 'checkpoint') saw.checkpoint = event.step;
      if (event.type === 'phase' && event.phase === 'save') saw.saves++;
      for (const listen of saw.listeners) listen();
    });
    if (!kill) return training.ended;
    await Promise.race([kill(training, saw), training.ended]);
    const processes = killAll(training);
    // It may have been faster than its killer.
    if ((await training.ended).status === null) result.kills++;
    result.processesLeft += (await survivors(processes, WAIT_SECONDS)).length;
    await inspect(folder, saw.checkpoint, result);
    return undefined;
  };

  if (point === 'checkpoint') await train(onSave(1 + Math.floor(random() * steps), random() * subject.saving * 1.5));
  else await train(after(random() * subject.duration));
  if (point === 'resume') await train(after(random() * Math.min(subject.duration, 1000)));

  const end = await train();
  if (end!.status !== 0) result.differences.push(`the resumed run failed: ${end!.stderr.trim()}`);
  else result.differences.push(...differencesOf(folder, subject));
  return result;
}

/** What a training has told so far. */
interface Saw {
  saves: number;
  /** The newest step whose checkpoint it said is written. */
  checkpoint: number;
  listeners: Set<() => void>;
}

const after = (milliseconds: number) => () => sleep(milliseconds);

const onSave = (save: number, milliseconds: number) => async (_: Training, saw: Saw) => {
  await new Promise<void>((resolve) => saw.listeners.add(() => saw.saves >= save && resolve()));
  await sleep(milliseconds);
};

function killAll({ child }: Training): ProcessId[] {
  const processes = child.exitCode === null ? descendantsOf(child.pid!) : [];
  child.kill('SIGKILL');
  return processes;
}

/** Reads all that a killed run left, as a resume and the editor would. */
async function inspect(folder: string, told: number, result: TrialResult): Promise<void> {
  if (!existsSync(folder)) return;
  const tryRead = async (what: string, read: () => unknown) => {
    try {
      await read();
    } catch (error) {
      result.damaged.push(`${what}: ${(error as Error).message}`);
    }
  };
  if (holdsRun(folder)) await tryRead('run.json', () => readRunInfo(folder));
  await tryRead('metrics', () => readMetrics(folder));
  const checkpoints = listCheckpoints(folder);
  for (const { path } of checkpoints)
    await tryRead(path, () => readCheckpoint(path, readModelConfig(path), readRunInfo(folder).config));
  result.stepsLost += Math.max(0, told - (checkpoints.at(-1)?.step ?? 0));
}

function differencesOf(folder: string, { whole, steps }: Subject): string[] {
  const differences: string[] = [];
  const [theirs, ours] = [whole, folder].map((run) => JSON.stringify(readMetrics(run).map(timeless)));
  if (theirs !== ours) differences.push('metrics');
  const files = [
    ...Array.from({ length: steps }, (_, i) => join(RUN_FILES.rollouts, `${stepName(i + 1)}.jsonl`)),
    ...CHECKPOINT_FILES.map((name) => join(RUN_FILES.checkpoints, stepName(steps), name)),
  ];
  for (const file of files) {
    const [a, b] = [whole, folder].map((run) => readFileSync(join(run, file)));
    if (!a!.equals(b!)) differences.push(file);
  }
  return differences;
}

/** Numbers that do not depend on how fast the machine is. */
const timeless = (row: MetricsRow) =>
  Object.entries(row).filter(([key]) => key !== 'step_time' && !key.startsWith('time/'));
