import type { TrainerStatus } from '../../protocol/events.ts';
import { type Clock, wait } from '../workspace/clock.ts';

/** What is asked of a trainer process here. */
interface Stopping {
  readonly exited: Promise<unknown>;
  /** Undefined when it gives no answer. */
  status(): Promise<TrainerStatus | undefined>;
}

/** Seconds. */
const CHECK_EVERY = 5;
/** A phase may take this long at least, and as long as some whole steps of the run did. */
const PHASE = 30;
const STEPS = 3;
/** For a run of which no step is known. */
const FIRST_STEP_PHASE = 300;

/**
 * Watches a trainer that was told to stop, which finishes its step and writes a checkpoint first. Gives undefined when it has ended, and
 * why it has to be ended when it is dead or stuck: one that computes answers, and reaches the next phase.
 */
export async function watchStop(
  trainer: Stopping,
  slowestStepSeconds: () => number,
  clock: Clock,
): Promise<string | undefined> {
  const ended = trainer.exited.then(() => 'ended' as const);
  for (;;) {
    if (await Promise.race([ended, wait(clock, CHECK_EVERY, undefined)])) return undefined;
    const status = await Promise.race([ended, trainer.status()]);
    if (status === 'ended') return undefined;
    if (!status) return 'it is not responding';
    const slowest = slowestStepSeconds();
    const longest = slowest === 0 ? FIRST_STEP_PHASE : Math.max(PHASE, STEPS * slowest);
    if (status.seconds > longest)
      return `${status.phase ?? status.state} of step ${status.step} has taken ${Math.round(status.seconds)} s`;
  }
}
