import { setTimeout as sleep } from 'node:timers/promises';
import { killTreeAfter } from '../../processes/kill-tree.ts';
import type { Trainer } from './trainer.ts';

/** The editor gives an extension about five seconds to end. */
const WAIT_SECONDS = 3;
/** To finish a long step and write its checkpoint; then it is killed. */
const AFTERWARDS_SECONDS = 60;

/** Stops the trainer with a checkpoint; settled when it is gone or in good hands. */
export async function leaveTrainer(trainer: Trainer): Promise<void> {
  const { pid } = trainer;
  trainer.send({ type: 'stop' });
  const gone = await Promise.race([trainer.exited.then(() => true), sleep(WAIT_SECONDS * 1000, false)]);
  if (gone || pid === undefined) return;
  // What it needs to end must not be lost, and one that hangs must not stay.
  killTreeAfter(pid, AFTERWARDS_SECONDS);
}
