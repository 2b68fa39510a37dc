import { join } from 'node:path';
import { type Disposable, EventEmitter, type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import type { HostCommand, TrainerEvent, TrainerStatus } from '../../protocol/events.ts';
import { childEnvironment } from '../workspace/child-environment.ts';
import type { Interpreters } from '../workspace/interpreter.ts';
import { type TrainingRequest, trainerOptions } from '../workspace/request.ts';
import type { RunList } from '../workspace/run-list.ts';
import { RunProgress } from '../workspace/run-progress.ts';
import type { Journal } from './journal.ts';
import { logEvent } from './log-event.ts';
import type { TrainerExit, TrainerProcess } from './trainer-process.ts';

export type Stage = 'starting' | 'running' | 'paused' | 'stopping' | 'terminating';

/** The run that is being trained. */
export interface ActiveTraining {
  readonly request: TrainingRequest;
  readonly progress: RunProgress;
  stage: Stage;
  /** Known from the trainer's `start` on. */
  folder: string | undefined;
  /** Why it paused by itself. */
  reason: string | undefined;
  /** Someone asked it to stop. */
  stopRequested: boolean;
  /** It ends with a question. */
  differences?: Differences;
}

/** What a trainer asks that was to resume a run. */
export type Differences = Extract<TrainerEvent, { type: 'differences' }>;

/** A resume that did nothing yet, because someone has to choose how. */
export interface OpenQuestion {
  request: TrainingRequest;
  differences: Differences;
}

export interface EndedTraining {
  training: ActiveTraining;
  exit: TrainerExit;
}

/** Trains one run at a time, each in a process of its own; the others wait in a queue. */
export class Training implements Disposable {
  readonly #context: ExtensionContext;
  readonly #runs: RunList;
  readonly #log: LogOutputChannel;
  readonly #journal: Journal;
  readonly #interpreters: Interpreters;
  readonly #changed = new EventEmitter<void>();
  readonly #started = new EventEmitter<string>();
  readonly #paused = new EventEmitter<ActiveTraining>();
  readonly #ended = new EventEmitter<EndedTraining>();
  readonly #asked = new EventEmitter<OpenQuestion>();
  #process: TrainerProcess | undefined;
  #active: ActiveTraining | undefined;
  #queue: TrainingRequest[] = [];
  #leaving = false;

  readonly onDidChange = this.#changed.event;
  /** The run folder, as soon as it is there. */
  readonly onDidStart = this.#started.event;
  /** A run paused by itself, for a reason. */
  readonly onDidPause = this.#paused.event;
  readonly onDidEnd = this.#ended.event;
  /** In place of its end: a run that was to be resumed is no longer as it was recorded. */
  readonly onDidAsk = this.#asked.event;

  constructor(
    context: ExtensionContext,
    runs: RunList,
    log: LogOutputChannel,
    journal: Journal,
    interpreters: Interpreters,
  ) {
    this.#context = context;
    this.#runs = runs;
    this.#log = log;
    this.#journal = journal;
    this.#interpreters = interpreters;
  }

  get active(): ActiveTraining | undefined {
    return this.#active;
  }

  get queue(): readonly TrainingRequest[] {
    return this.#queue;
  }

  /** Starts at once, or after the runs before it. User code will run: callers have asked for trust. */
  add(request: TrainingRequest): void {
    if (!workspace.isTrusted) throw new Error('Training requires a trusted workspace.');
    this.#queue.push(request);
    this.#startNext();
    this.#change();
  }

  /** Takes a request out of the queue. */
  remove(request: TrainingRequest): void {
    this.#queue = this.#queue.filter((other) => other !== request);
    this.#change();
  }

  send(command: HostCommand): void {
    if (command.type === 'stop') void this.stop();
    else if (command.type === 'terminate') void this.terminate();
    else this.#process?.send(command);
  }

  /** Lets it finish its step and write a checkpoint; ends it if it does not get on with that. */
  async stop(): Promise<void> {
    const [active, process] = [this.#active, this.#process];
    if (!active || !process || active.stopRequested) return;
    active.stopRequested = true;
    active.stage = 'stopping';
    process.send({ type: 'stop' });
    this.#change();
    const { watchStop } = await import('./watch-stop.ts');
    const problem = await watchStop(process, () => active.progress.slowestStepSeconds);
    if (problem === undefined) return;
    this.#log.warn(`${active.request.name}: no checkpoint after the stop, because ${problem}; ending it`);
    await this.terminate();
  }

  /** Where the trainer is; undefined when there is none, or it does not answer. */
  async status(): Promise<TrainerStatus | undefined> {
    return this.#process?.status();
  }

  /** Ends it without a checkpoint. */
  async terminate(): Promise<void> {
    const [active, process] = [this.#active, this.#process];
    if (!active || !process || active.stage === 'terminating') return;
    active.stopRequested = true;
    active.stage = 'terminating';
    this.#change();
    await process.terminate();
  }

  /** The window closes: the run stops with a checkpoint if that is quick, and is not left alone if it is not. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#queue = [];
    const process = this.#process;
    if (!process) return;
    const { leaveTrainer } = await import('./leave-trainer.ts');
    await leaveTrainer(process);
  }

  dispose(): void {
    if (!this.#leaving) this.#process?.dispose();
    for (const emitter of [this.#changed, this.#started, this.#paused, this.#ended, this.#asked]) emitter.dispose();
  }

  #startNext(): void {
    if (this.#active || this.#leaving) return;
    const request = this.#queue.shift();
    if (request) void this.#run(request);
  }

  async #run(request: TrainingRequest): Promise<void> {
    const progress = new RunProgress();
    const active: ActiveTraining = {
      ...{ request, progress, stage: 'starting', folder: undefined, reason: undefined, stopRequested: false },
    };
    this.#active = active;
    try {
      const { TrainerProcess } = await import('./trainer-process.ts');
      const script = join(this.#context.extensionPath, 'dist', 'trainer.js');
      const options = await trainerOptions(request, this.#interpreters);
      const process = new TrainerProcess(script, options, childEnvironment(this.#context));
      this.#process = process;
      this.#log.info(`${request.name}: trainer started (process ${process.pid})`);
      process.onDidPrint((text) => this.#leaving || this.#log.info(`${request.name}: ${text.trimEnd()}`));
      process.onDidEmit((event) => void this.#take(active, event));
      const exit = await process.exited;
      process.dispose();
      if (this.#leaving) return;
      this.#log.info(`${request.name}: trainer ended (${exit.signal ?? `status ${exit.code}`})`);
      await this.#finish({ training: active, exit });
    } catch (error) {
      if (this.#leaving) return;
      const lastWords = error instanceof Error ? error.message : String(error);
      await this.#finish({ training: active, exit: { end: undefined, code: null, signal: null, lastWords } });
    }
  }

  async #finish(ended: EndedTraining): Promise<void> {
    this.#active = undefined;
    this.#process = undefined;
    const { folder, request, differences } = ended.training;
    if (folder !== undefined) await this.#runs.detach(folder);
    if (differences) this.#asked.fire({ request, differences });
    else this.#ended.fire(ended);
    this.#startNext();
    this.#change();
  }

  async #take(active: ActiveTraining, event: TrainerEvent): Promise<void> {
    // The log and the views are going or gone.
    if (this.#leaving) return;
    active.progress.take(event);
    logEvent(this.#log, active.request.name, event);
    if (event.type === 'differences') active.differences = event;
    if (event.type === 'start') {
      active.folder = event.run;
      if (active.stage === 'starting') active.stage = 'running';
      await this.#runs.attach(event.run, (command) => this.send(command));
      // It may have ended while its folder was read.
      if (this.#active !== active) return this.#runs.detach(event.run);
      this.#started.fire(event.run);
    } else if (event.type === 'state' && !active.stopRequested) {
      if (event.state === 'paused' || event.state === 'running') active.stage = event.state;
      active.reason = event.reason;
      if (event.state === 'paused' && event.reason !== undefined) this.#paused.fire(active);
    }
    if (active.folder !== undefined) this.#runs.emit(active.folder, event);
    this.#change();
  }

  #change(): void {
    if (!this.#leaving) this.#journal.write(this.#active?.folder, this.#queue);
    this.#changed.fire();
  }
}
