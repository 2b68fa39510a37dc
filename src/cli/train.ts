import { BadInput, type Problem, problemOf, RunFailure } from '../protocol/errors.ts';
import type { TrainerEvent } from '../protocol/events.ts';
import { SessionThread } from '../trainer/host/session-thread.ts';
import type { CommandOf } from './commands.ts';
import { printAside, printJson } from './output.ts';
import { Progress } from './progress.ts';
import { rewardWorker } from './reward-worker.ts';
import { onHostStop } from './tell-host.ts';
import { INTERRUPTED } from './terminal.ts';

/** Exit status of a run that ended because of what was found (`stopOn`). */
const STOPPED_ITSELF = 3;

export async function trainCommand(command: CommandOf<'train'>): Promise<number> {
  const progress = new Progress(process.stderr);
  let told = false;
  let ended = false;
  const emit = (event: TrainerEvent) => {
    // What differs is the answer to a resume that nobody has decided on.
    ended ||= event.type === 'end' || event.type === 'differences';
    if (command.json) return printJson(event);
    progress.show(event);
    told ||= event.type === 'end' && event.outcome === 'failed';
  };
  const { config: configFile, set, resume, asRecorded, withChanges, out, rollouts } = command;
  const differences = asRecorded ? 'as-recorded' : withChanges ? 'with-changes' : undefined;
  const session = new SessionThread(
    {
      configFile,
      set,
      resume,
      rewardWorker,
      attended: false,
      ...(differences && { differences }),
      ...(out !== undefined && { out }),
      ...(rollouts !== undefined && { rollouts }),
    },
    emit,
  );

  // The first Ctrl-C finishes the step and writes a checkpoint; the second one does not wait.
  let interrupted = false;
  const interrupt = (signal: NodeJS.Signals) => {
    if (interrupted) return dieOf(signal);
    interrupted = true;
    printAside('\nStopping after this step and writing a checkpoint; press Ctrl-C again to end now.\n');
    session.send('stop');
  };
  // The terminal is closed, or ssh has lost its connection. It may come several times, and together with SIGTERM: nobody has pressed twice.
  const hangUp = () => session.send('stop');
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', hangUp);
  const unhost = onHostStop(hangUp);
  try {
    const { outcome, findings } = await session.result;
    if (outcome === 'stopped') return findings ? STOPPED_ITSELF : INTERRUPTED;
    return 0;
  } catch (error) {
    const problem = problemOf(error);
    if (command.json && problem && !ended) emit(failedEnd(problem, error as Error));
    // The end of a run that failed has said why.
    if (told && error instanceof RunFailure) return 1;
    if (told && error instanceof BadInput) return 2;
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', hangUp);
    unhost();
  }
}

/** The last event of a run that was not even begun. */
const failedEnd = (problem: Problem, { message: error }: Error): TrainerEvent => ({
  type: 'end',
  outcome: 'failed',
  step: 0,
  checkpoint: null,
  error,
  problem,
});

/** Not process.exit(), which waits until the session's graph is computed. A shell gives 130 for Ctrl-C. */
function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
