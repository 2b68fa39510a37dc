import { reasonIn } from '../../processes/reason-in.ts';
import { RunFailure } from '../../protocol/errors.ts';
import { type Remedy, remedyWords } from '../../protocol/remedy.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { trlOptions } from '../../protocol/trl-config.ts';
import { withFullStop } from '../../text/full-stop.ts';
import { divergence, smallerSteps } from '../../trainer/policy/diverged.ts';
import type { Failure } from './heard.ts';
import type { ProcessEnd } from './trainer-process.ts';

const FULL = /No space left on device|Disk quota exceeded|File too large|os error (28|122|27)\b|Errno (28|122|27)\b/;
const OUTPUT_LINES = 20;
/** What torch says when it samples from a policy that gives NaN. */
const NO_PROBABILITY = /probability tensor contains either/;
const FIX: Remedy = { action: 'fix-reward' };

interface Training {
  config: RunConfig;
  /** The step of its newest checkpoint, or 0. */
  checkpoint: number;
}

/** Why a training has failed, and what to do about it: from what one of its processes says, else from how they ended. */
export function trainingFailure(failure: Failure | undefined, end: ProcessEnd, training: Training): RunFailure {
  const { processes } = trlOptions(training.config);
  const lost = lostRank(end.lastWords);
  // Where one is killed, the others fail of its absence.
  const follows = lost !== undefined && failure?.reward === undefined && lost.rank !== failure?.rank;
  if (failure && !follows) return ofException(failure, end, training);
  const output = end.lastWords.split('\n').slice(-OUTPUT_LINES).join('\n') || undefined;
  if (end.error) return new RunFailure(`Python could not be started: ${end.error.message}.`);
  if (FULL.test(end.lastWords)) return new RunFailure(diskIsFull('', 'a file could not be written'), { output });
  if (lost)
    return new RunFailure(
      `Process ${lost.rank + 1} of ${processes} was ended by ${lost.signal} from outside, and the others with it. ${outOfMemory(lost.signal)}Continue from the last checkpoint with --resume.`,
      { output },
    );
  if (end.signal)
    return new RunFailure(
      `TRL's process was ended by ${end.signal} from outside. ${outOfMemory(end.signal)}Continue from the last checkpoint with --resume.`,
      { output },
    );
  // `raise SystemExit("…")` prints its sentence.
  const last = reasonIn(end.lastWords);
  const said = last ? `: ${last}` : '';
  return new RunFailure(`TRL's process ended with exit status ${end.code}${said.replace(/\.$/, '')}.`, { output });
}

function ofException(failure: Failure, end: ProcessEnd, { config, checkpoint }: Training): RunFailure {
  const { processes } = trlOptions(config);
  const { class: kind, message, reward, place, seconds, rank } = failure;
  const where = place ? `${place.file}:${place.line}: ` : '';
  const who = processes > 1 ? ` (process ${rank + 1} of ${processes})` : '';
  const output = end.lastWords.split('\n').slice(-OUTPUT_LINES).join('\n') || undefined;
  if (kind === 'Timeout')
    return new RunFailure(
      `${where}${reward} took longer than ${seconds} seconds${who}. TRL calls Python rewards in its own process, where nothing else can stop them; make it faster, or raise "rewardTimeoutSeconds".`,
      { kind: 'reward-failed', place },
    );
  if (kind === 'Unscored')
    return new RunFailure(`${withFullStop(message)} ${remedyWords(FIX)}`, {
      kind: 'reward-failed',
      place,
      remedy: FIX,
    });
  if (kind === 'Diverged' || NO_PROBABILITY.test(message))
    return divergence(`${message}: the policy has diverged; ${smallerSteps(config.learningRate, config)}`, {
      action: 'resume',
      step: checkpoint,
    });
  if (kind === 'OutOfMemoryError' || /CUDA out of memory|DefaultCPUAllocator/.test(message))
    return new RunFailure(
      `The training needs more memory than there is${who}. Set "trl.perDeviceTrainBatchSize" to a smaller number, which gives the same steps in less memory, or lower "maxCompletionLength"; "lora", "trl.dtype" and "trl.quantization" make the model itself smaller. ${kind}: ${message}`,
      { output },
    );
  if (FULL.test(message)) return new RunFailure(diskIsFull(where, message), { output });
  if (reward !== undefined)
    return new RunFailure(`${withFullStop(`${where}${reward}: ${kind}: ${message}${who}`)} ${remedyWords(FIX)}`, {
      kind: 'reward-failed',
      place,
      output,
      remedy: FIX,
    });
  return new RunFailure(`${where}TRL's training ended with ${kind}: ${message}${who}`, { place, output });
}

const diskIsFull = (where: string, message: string): string =>
  `${where}The disk is full: ${message}. Free some space, then continue with --resume.`;

const outOfMemory = (signal: string): string =>
  signal === 'SIGKILL' ? 'Usually the system does that when memory runs out. ' : '';

/** What torchrun and accelerate print of the process that ended first: `rank : 1 (local_rank: 1)`, `Signal 9 (SIGKILL) received by PID 4711`. */
function lostRank(words: string): { rank: number; signal: string } | undefined {
  const cause = words.slice(words.lastIndexOf('Root Cause'));
  const rank = /^\s*rank\s*:\s*(\d+)/m.exec(cause)?.[1];
  const signal = /Signal \d+ \((SIG\w+)\) received by PID/.exec(cause)?.[1];
  return rank === undefined || signal === undefined ? undefined : { rank: Number(rank), signal };
}
