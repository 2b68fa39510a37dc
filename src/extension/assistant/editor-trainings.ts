import { endText } from '../../assistant/answer.ts';
import type { TrainerEvent } from '../../protocol/events.ts';
import {
  type ActiveTraining,
  type CurrentTraining,
  type NamedRuns,
  nameOfTraining,
} from '../workspace/active-training.ts';
import type { Event } from '../workspace/emitter.ts';
import type { TrainingRequest } from '../workspace/request.ts';

/** How a training ended, of that what is told here. */
interface Ended {
  training: ActiveTraining;
  exit: { end: Extract<TrainerEvent, { type: 'end' }> | undefined };
}

/** The training in this window, which has the dashboard, Pause and Stop. */
export interface WindowTraining<End extends Ended> extends CurrentTraining {
  readonly onDidStart: Event<string>;
  readonly onDidEnd: Event<End>;
  add(request: TrainingRequest): void;
  remove(request: TrainingRequest): void;
  stop(): Promise<void>;
  terminate(): Promise<void>;
}

/** An assistant's trainings are those of the window: a person sees them begin, and stops them too. */
export class EditorTrainings<End extends Ended> {
  readonly #training: WindowTraining<End>;
  readonly #runs: NamedRuns;
  readonly #failureOf: (ended: End) => string | undefined;

  constructor(training: WindowTraining<End>, runs: NamedRuns, failureOf: (ended: End) => string | undefined) {
    this.#training = training;
    this.#runs = runs;
    this.#failureOf = failureOf;
  }

  /** Settled with the run folder once it trains. Rejected when it does not begin, or nobody waits for it any more: then it does not begin. */
  async start(request: TrainingRequest, signal: AbortSignal): Promise<string> {
    const training = this.#training;
    signal.throwIfAborted();
    if (training.active) {
      const name = nameOfTraining(training.active, this.#runs);
      const folder = training.active.folder ?? 'its run folder is not known yet';
      throw new Error(
        `${name} is training (${folder}), and one run trains at a time: stop it, or wait until it is done.`,
      );
    }
    const cancel = () => {
      if (training.active?.request === request) void training.terminate();
      else training.remove(request);
    };
    return until<string>(signal, cancel, (resolve, reject) => {
      const listening = [
        training.onDidStart((folder) => {
          if (training.active?.request === request) resolve(folder);
        }),
        training.onDidEnd((ended) => {
          if (ended.training.request !== request) return;
          reject(new Error(this.#failureOf(ended) ?? `${request.name} was stopped before its first step.`));
        }),
      ];
      training.add(request);
      return listening;
    });
  }

  /** Settled when it has ended, with a checkpoint: how. Who does not wait for that does not keep it from stopping. */
  async stop(folder: string, signal: AbortSignal): Promise<string> {
    const training = this.#training;
    const { active } = training;
    if (!active || active.folder !== folder) {
      const current = active ? `${active.folder ?? active.request.name} is` : 'No run is';
      throw new Error(`${folder} is not training in this window. ${current} training here.`);
    }
    return until<string>(
      signal,
      () => {},
      (resolve) => {
        const listening = training.onDidEnd(({ training: ended, exit: { end } }) => {
          if (ended === active) resolve(end ? endText(end) : `ended without a new checkpoint`);
        });
        void training.stop();
        return [listening];
      },
    );
  }
}

type Listening = { dispose(): void }[];

/** A promise that listens until it is settled. */
async function until<T>(
  signal: AbortSignal,
  cancel: () => void,
  begin: (resolve: (value: T) => void, reject: (reason: Error) => void) => Listening,
): Promise<T> {
  let listening: Listening = [];
  let abort = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      abort = () => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort);
      listening = begin(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', abort);
    for (const each of listening) each.dispose();
  }
}
