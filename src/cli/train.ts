import type { TrainerEvent } from '../protocol/events.ts';
import { RunControl } from '../trainer/control.ts';
import { runSession } from '../trainer/session.ts';
import type { CommandOf } from './args.ts';
import { printJson } from './output.ts';
import { Progress } from './progress.ts';
import { rewardWorker } from './reward-worker.ts';

const INTERRUPTED = 130;

export async function trainCommand(command: CommandOf<'train'>): Promise<number> {
  const control = new RunControl();
  // The first Ctrl-C finishes the step and writes a checkpoint; the second one does not wait.
  let interrupted = false;
  const interrupt = () => {
    if (interrupted) process.exit(INTERRUPTED);
    interrupted = true;
    process.stderr.write('\nStopping after this step and writing a checkpoint; press Ctrl-C again to end at once.\n');
    control.stop();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  const progress = new Progress(process.stderr);
  const emit = (event: TrainerEvent) => {
    if (command.json) printJson(event);
    else progress.show(event);
  };
  try {
    const { config: configFile, set, resume, out, rollouts } = command;
    const { outcome } = await runSession(
      {
        configFile,
        set,
        resume,
        rewardWorker,
        attended: false,
        ...(out !== undefined && { out }),
        ...(rollouts !== undefined && { rollouts }),
      },
      control,
      emit,
    );
    return outcome === 'stopped' ? INTERRUPTED : 0;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
