import { SHARE_ENV, Worker, type WorkerOptions } from 'node:worker_threads';
import { RunFailure } from '../../protocol/errors.ts';
import type { TrainerEvent } from '../../protocol/events.ts';
import type { RunControl } from '../control.ts';
import type { SessionOptions, SessionResult } from '../session.ts';
import { receivedError, type SentError } from './sent-error.ts';

/** How a thread that trains is started. */
export const TRAINING_THREAD: WorkerOptions = {
  // The process's own: native libraries do not see a copy.
  env: SHARE_ENV,
  // Left alone, V8 enlarges it in the middle of a run, by some 30 MB, and steps are no faster for it.
  resourceLimits: { maxYoungGenerationSizeMb: 12 },
};

/** What the session's thread is asked. */
export type SessionRequest = keyof Pick<RunControl, 'pause' | 'resume' | 'stop'>;

/** What it says: events, then how it ended. */
export type SessionMessage =
  | { type: 'event'; event: TrainerEvent }
  | { type: 'result'; result: SessionResult }
  | { type: 'error'; error: SentError };

/**
 * A session in a thread of its own, because the engine blocks the event loop for as long as a graph takes: whoever starts it goes on hearing
 * signals and messages. Reward workers end with the process, however it ends.
 */
export class SessionThread {
  /** As of `runSession`; rejects with the errors that it throws. */
  readonly result: Promise<SessionResult>;
  readonly #worker: Worker;

  constructor(options: SessionOptions, emit: (event: TrainerEvent) => void) {
    // The bundle beside this one.
    this.#worker = new Worker(new URL('./trainer.js', import.meta.url), { ...TRAINING_THREAD, workerData: options });
    this.result = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: SessionMessage) => {
        switch (message.type) {
          case 'event':
            return emit(message.event);
          case 'result':
            return resolve(message.result);
          case 'error':
            return reject(receivedError(message.error));
          default:
            return message satisfies never;
        }
      });
      this.#worker.on('error', (error) => reject(foreseen(error)));
      this.#worker.on('exit', (status) => reject(new Error(`the training thread ended with status ${status}`)));
    });
  }

  send(request: SessionRequest): void {
    this.#worker.postMessage(request);
  }
}

/** V8 ends a thread whose objects outgrow its heap; that is no mistake of ours. */
function foreseen(error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new RunFailure(
    'The dataset and what a step makes of it need more memory than Node.js allows; use fewer rows or smaller steps, or allow more with NODE_OPTIONS=--max-old-space-size=MEGABYTES.',
  );
}
