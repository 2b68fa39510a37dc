import { dirname } from 'node:path';
import { endText } from '../assistant/answer.ts';
import { Child } from '../processes/child.ts';
import { trainerEnvironment } from '../processes/freed-memory.ts';
import type { HostCommand, TrainerEvent } from '../protocol/events.ts';
import { trainerEvent } from '../protocol/events.ts';

type End = Extract<TrainerEvent, { type: 'end' }>;

interface Training {
  child: Child;
  end: End | undefined;
}

/** The trainings that an assistant has started, each `grpo train` in a process of its own. They stop, with a checkpoint, when this process goes. */
export class Trainings {
  readonly #script: string;
  /** By run folder. */
  readonly #running = new Map<string, Training>();

  /** `script`: `dist/grpo.js`. */
  constructor(script: string) {
    this.#script = script;
  }

  /** Settled with the run folder once it trains. Throws why it does not. */
  start(file: string, set: readonly string[]): Promise<string> {
    const args = ['train', file, '--json', ...set.flatMap((each) => ['--set', each])];
    return new Promise((resolve, reject) => {
      let run: string | undefined;
      const training: Training = { end: undefined } as Training;
      training.child = new Child(
        { script: this.#script, args, cwd: dirname(file), env: trainerEnvironment(process.env) },
        {
          onLine: (line) => {
            const { data: event } = trainerEvent.safeParse(JSON.parse(line));
            if (event?.type === 'start') {
              run = event.run;
              this.#running.set(run, training);
              resolve(run);
            }
            if (event?.type === 'end') {
              training.end = event;
              if (run === undefined) reject(new Error(event.error ?? 'The training ended before its first step.'));
            }
          },
        },
      );
      void training.child.ended.then(({ error }) =>
        reject(error ?? new Error(training.child.lastWords || 'The training ended before its first step.')),
      );
    });
  }

  /** Ends it after its step, with a checkpoint: how it ended. Throws where nobody has started this run here. */
  async stop(run: string): Promise<string> {
    const training = this.#running.get(run);
    if (!training)
      throw new Error(
        `${run} was not started with start_training of this server. If run_status says that it is running, stop it where it was started.`,
      );
    training.child.send({ type: 'stop' } satisfies HostCommand);
    await training.child.ended;
    return training.end ? endText(training.end) : `ended without a checkpoint: ${training.child.lastWords}`;
  }
}
