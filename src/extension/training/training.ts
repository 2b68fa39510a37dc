import type { HostCommand, TrainerEvent, TrainerStatus } from '../../protocol/events.ts';
import type { RunFinding } from '../../protocol/run-finding.ts';
import type { ActiveTraining, CurrentTraining } from '../workspace/active-training.ts';
import type { Clock } from '../workspace/clock.ts';
import { Emitter } from '../workspace/emitter.ts';
import type { TrainingRequest } from '../workspace/request.ts';
import { RunProgress } from '../workspace/run-progress.ts';
import type { Journal } from './journal.ts';
import type { LiveRuns } from './live-runs.ts';
import { logEvent, type TrainingLog } from './log-event.ts';
import { type EndedTraining, type Noticed, noticedIn, type OpenQuestion } from './news.ts';
import type { Trainer, Trainers } from './trainer.ts';
import type { TrainerExit } from './trainer-process.ts';
import { watchStop } from './watch-stop.ts';

const NEVER_STARTED: TrainerExit = { end: undefined, code: null, signal: null, lastWords: '' };

/** Trains one run at a time, each in a process of its own; the others wait in a queue. */
export class Training implements CurrentTraining {
  readonly #trainers: Trainers;
  readonly #runs: LiveRuns;
  readonly #log: TrainingLog;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #changed = new Emitter<void>();
  readonly #begun = new Emitter<ActiveTraining>();
  readonly #started = new Emitter<string>();
  readonly #paused = new Emitter<ActiveTraining>();
  readonly #ended = new Emitter<EndedTraining>();
  readonly #asked = new Emitter<OpenQuestion>();
  readonly #noticed = new Emitter<Noticed>();
  #active: ActiveTraining | undefined;
  /** Of the active run, once it is started. */
  #trainer: Trainer | undefined;
  /** What the trainer will be told as soon as it is there. */
  #early: HostCommand[] = [];
  /** Keeps the active run from being started. */
  #cancelStart = () => {};
  #queue: TrainingRequest[] = [];
  /** The window closes: nothing starts any more, and the views are going or gone. */
  #leaving = false;

  readonly onDidChange = this.#changed.event;
  /** Its trainer is about to be started; nothing is known of the run but its config. */
  readonly onDidBegin = this.#begun.event;
  /** The run folder, as soon as it exists. */
  readonly onDidStart = this.#started.event;
  /** A run paused without being asked to, for a reason. */
  readonly onDidPause = this.#paused.event;
  readonly onDidEnd = this.#ended.event;
  /** When a run starts, what is noticed about its config, if anything; later what its completions tell. */
  readonly onDidNotice = this.#noticed.event;
  /** In place of its end: a run that was to be resumed is no longer as it was recorded. */
  readonly onDidAsk = this.#asked.event;

  constructor(trainers: Trainers, runs: LiveRuns, log: TrainingLog, journal: Journal, clock: Clock) {
    this.#trainers = trainers;
    this.#runs = runs;
    this.#log = log;
    this.#journal = journal;
    this.#clock = clock;
  }

  get active(): ActiveTraining | undefined {
    return this.#active;
  }

  get queue(): readonly TrainingRequest[] {
    return this.#queue;
  }

  /** Starts at once, or after the runs before it. User code will run: callers have asked for trust. */
  add(request: TrainingRequest): void {
    if (!this.#trainers.mayRun()) throw new Error('Training requires a trusted workspace.');
    this.#queue.push(request);
    this.#startNext();
    this.#change();
  }

  /** Stops the run, and starts its config again, as it will be then, before the queued ones. */
  restart(active: ActiveTraining): void {
    if (this.#active !== active) return;
    active.restarts = true;
    const { configFile, name } = active.request;
    this.#queue.unshift({ configFile, name });
    void this.stop();
    this.#change();
  }

  /** What the curves of the run show, for all that show the run. */
  found(active: ActiveTraining, findings: readonly RunFinding[]): void {
    if (this.#active !== active || JSON.stringify(active.findings) === JSON.stringify(findings)) return;
    active.findings = findings;
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
    else if (this.#trainer) this.#trainer.send(command);
    else if (this.#active) this.#early.push(command);
  }

  /** Lets it finish its step and write a checkpoint; ends it if it does not get on with that. */
  async stop(): Promise<void> {
    const [active, trainer] = [this.#active, this.#trainer];
    if (!active || active.stopRequested) return;
    // There is nothing to write yet.
    if (!trainer) return this.terminate();
    active.stopRequested = true;
    active.stage = 'stopping';
    trainer.send({ type: 'stop' });
    this.#change();
    const problem = await watchStop(trainer, () => active.progress.slowestStepSeconds, this.#clock);
    if (problem === undefined) return;
    this.#log.warn(`${active.request.name}: no checkpoint after the stop, because ${problem}; ending it`);
    await this.terminate();
  }

  async status(): Promise<TrainerStatus | undefined> {
    return this.#trainer?.status();
  }

  /** Ends it without a checkpoint. */
  async terminate(): Promise<void> {
    const active = this.#active;
    if (!active || active.stage === 'terminating') return;
    active.stopRequested = true;
    active.stage = 'terminating';
    this.#change();
    if (this.#trainer) await this.#trainer.terminate();
    else this.#cancelStart();
  }

  /** The window closes: the run stops with a checkpoint if that is quick, and is not left alone if it is not. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#queue = [];
    if (this.#trainer) await this.#trainers.leave(this.#trainer);
  }

  dispose(): void {
    if (!this.#leaving) this.#trainer?.dispose();
    this.#leaving = true;
    const events = [this.#changed, this.#begun, this.#started, this.#paused, this.#noticed, this.#ended, this.#asked];
    for (const emitter of events) emitter.dispose();
  }

  #startNext(): void {
    if (this.#active || this.#leaving) return;
    const request = this.#queue.shift();
    if (request) void this.#run(request);
  }

  async #run(request: TrainingRequest): Promise<void> {
    const progress = new RunProgress();
    const training: ActiveTraining = {
      ...{
        request,
        progress,
        stage: 'starting',
        folder: undefined,
        pause: undefined,
        findings: [],
        stopRequested: false,
      },
      startedAt: this.#clock.now(),
    };
    this.#active = training;
    this.#begun.fire(training);
    const exit = await this.#train(training).catch((error: unknown): TrainerExit => {
      return { ...NEVER_STARTED, lastWords: error instanceof Error ? error.message : String(error) };
    });
    if (!this.#leaving) await this.#finish({ training, exit });
  }

  async #train(active: ActiveTraining): Promise<TrainerExit> {
    const { request } = active;
    const cancelled = new Promise<undefined>((resolve) => {
      this.#cancelStart = () => resolve(undefined);
    });
    const start = await Promise.race([this.#trainers.prepare(request), cancelled]);
    // Nobody would end a trainer that starts now.
    if (!start || this.#leaving || active.stopRequested) return NEVER_STARTED;
    const trainer = start();
    this.#trainer = trainer;
    this.#log.info(`${request.name}: trainer started (process ${trainer.pid})`);
    trainer.onDidPrint((text) => this.#leaving || this.#log.info(`${request.name}: ${text.trimEnd()}`));
    trainer.onDidEmit((event) => this.#take(active, event));
    for (const command of this.#early.splice(0)) trainer.send(command);
    const exit = await trainer.exited;
    trainer.dispose();
    if (!this.#leaving) this.#log.info(`${request.name}: trainer ended (${exit.signal ?? `status ${exit.code}`})`);
    return exit;
  }

  async #finish(ended: EndedTraining): Promise<void> {
    this.#active = undefined;
    this.#trainer = undefined;
    this.#early = [];
    const { folder, request, differences } = ended.training;
    if (folder !== undefined) await this.#tell(() => this.#runs.detach(folder));
    if (differences) this.#asked.fire({ request, differences });
    // Whoever restarts it is told about the next run.
    else if (!(ended.training.restarts && ended.exit.end?.outcome === 'stopped')) this.#ended.fire(ended);
    this.#startNext();
    this.#change();
  }

  #take(active: ActiveTraining, event: TrainerEvent): void {
    if (this.#leaving) return;
    active.progress.take(event);
    logEvent(this.#log, active.request.name, event);
    if (event.type === 'differences') active.differences = event;
    const findings = noticedIn(event);
    if (findings) this.#noticed.fire({ configFile: active.request.configFile, findings });
    if (event.type === 'start') {
      active.folder = event.run;
      if (active.stage === 'starting') active.stage = 'running';
      void this.#tell(() => this.#attach(active, event));
      return;
    }
    if (event.type === 'state' && !active.stopRequested) {
      if (event.state === 'paused' || event.state === 'running') active.stage = event.state;
      active.pause = event.state === 'paused' ? event : undefined;
      if (event.state === 'paused' && event.reason !== undefined) this.#paused.fire(active);
    }
    if (active.folder !== undefined) this.#runs.emit(active.folder, event);
    this.#change();
  }

  async #attach(active: ActiveTraining, event: Extract<TrainerEvent, { type: 'start' }>): Promise<void> {
    await this.#runs.attach(event.run, (command) => this.send(command));
    // It may have ended while its folder was read.
    if (this.#active !== active) return this.#runs.detach(event.run);
    this.#started.fire(event.run);
    this.#runs.emit(event.run, event);
    this.#change();
  }

  /** A run that the list cannot read must not hold up those that wait. */
  async #tell(listOfRuns: () => Promise<void>): Promise<void> {
    try {
      await listOfRuns();
    } catch (error) {
      this.#log.error(error instanceof Error ? error.message : String(error));
    }
  }

  #change(): void {
    if (!this.#leaving) this.#journal.write(this.#active?.folder, this.#queue);
    this.#changed.fire();
  }
}
