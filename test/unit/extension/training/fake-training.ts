import { Journal } from '../../../../src/extension/training/journal.ts';
import type { EndedTraining } from '../../../../src/extension/training/news.ts';
import type { Trainer } from '../../../../src/extension/training/trainer.ts';
import type { TrainerExit } from '../../../../src/extension/training/trainer-process.ts';
import { Training } from '../../../../src/extension/training/training.ts';
import { Emitter } from '../../../../src/extension/workspace/emitter.ts';
import type { TrainingRequest } from '../../../../src/extension/workspace/request.ts';
import type { HostCommand, TrainerEvent, TrainerStatus } from '../../../../src/protocol/events.ts';
import type { Finding } from '../../../../src/protocol/finding.ts';
import { deferred, FakeClock, settled } from '../fake-clock.ts';

/** A trainer process that does what the test says. */
export class FakeTrainer implements Trainer {
  readonly pid = 1;
  readonly sent: string[] = [];
  readonly #emitted = new Emitter<TrainerEvent>();
  readonly #printed = new Emitter<string>();
  readonly #exit = deferred<TrainerExit>();
  readonly exited = this.#exit.promise;
  readonly onDidEmit = this.#emitted.event;
  readonly onDidPrint = this.#printed.event;
  /** What it answers; undefined when it hangs. */
  answer: TrainerStatus | undefined;
  disposed = false;

  send({ type }: HostCommand): void {
    this.sent.push(type);
  }

  async status(): Promise<TrainerStatus | undefined> {
    return this.answer;
  }

  async terminate(): Promise<void> {
    this.sent.push('terminate');
    this.exit({ code: null, signal: 'SIGKILL' });
  }

  dispose(): void {
    this.disposed = true;
  }

  emit(event: TrainerEvent): void {
    this.#emitted.fire(event);
  }

  start(run: string, findings?: Finding[]): void {
    const about = { protocol: 1, name: run, device: 'cpu', maxSteps: 9, resumedFrom: 0 } as const;
    this.emit({ type: 'start', run, ...about, ...(findings && { findings }) });
  }

  /** Says that it has ended, and ends. */
  end(outcome: 'done' | 'stopped' | 'failed' = 'done'): void {
    const end = { type: 'end', outcome, step: 9, checkpoint: null } as const;
    this.emit(end);
    this.exit({ end });
  }

  exit(how: Partial<TrainerExit> = {}): void {
    this.#exit.resolve({ end: undefined, code: 0, signal: null, lastWords: '', ...how });
  }
}

export class FakeMemory {
  value: unknown;
  get<T>(): T | undefined {
    return this.value as T | undefined;
  }
  async update(_key: string, value: unknown): Promise<void> {
    this.value = value;
  }
}

/** A `Training` whose trainers, run list, log and clock are the test's. */
export class FakeWindow {
  readonly clock = new FakeClock();
  readonly memory = new FakeMemory();
  readonly trainers: FakeTrainer[] = [];
  /** What happened, in order. */
  readonly told: string[] = [];
  readonly ended: EndedTraining[] = [];
  readonly log: string[] = [];
  /** In place of finding out at once what a trainer needs. */
  preparing: Promise<void> = Promise.resolve();
  attaching: Promise<void> = Promise.resolve();
  detaching: Promise<void> = Promise.resolve();
  readonly training: Training;

  constructor() {
    const say = (text: string) => void this.log.push(text);
    const runs = {
      attach: async (folder: string) => {
        this.told.push(`attach ${folder}`);
        await this.attaching;
      },
      detach: async (folder: string) => {
        this.told.push(`detach ${folder}`);
        await this.detaching;
      },
      emit: (folder: string, { type }: TrainerEvent) => void this.told.push(`${type} of ${folder}`),
    };
    this.training = new Training(
      {
        mayRun: () => true,
        prepare: async () => {
          await this.preparing;
          return () => {
            const trainer = new FakeTrainer();
            this.trainers.push(trainer);
            return trainer;
          };
        },
        leave: async (trainer) => trainer.send({ type: 'stop' }),
      },
      runs,
      { trace: say, debug: say, info: say, warn: say, error: say },
      new Journal(this.memory),
      this.clock,
    );
    this.training.onDidStart((folder) => this.told.push(`started ${folder}`));
    this.training.onDidAsk(({ request }) => this.told.push(`asked ${request.name}`));
    this.training.onDidPause(({ pause }) => this.told.push(`paused: ${pause?.reason}`));
    this.training.onDidEnd((ended) => {
      this.told.push(`ended ${ended.training.request.name}`);
      this.ended.push(ended);
    });
  }

  /** The trainer of the run that was started last. */
  get trainer(): FakeTrainer {
    return this.trainers.at(-1)!;
  }

  add(...names: string[]): void {
    for (const name of names) this.training.add(request(name));
  }

  /** Adds a run that its trainer begins. */
  async running(name: string): Promise<void> {
    this.add(name);
    await settled();
    this.trainer.start(`/runs/${name}`);
    await settled();
  }
}

export const request = (name: string): TrainingRequest => ({ configFile: `/w/${name}.grpo.json`, name });
