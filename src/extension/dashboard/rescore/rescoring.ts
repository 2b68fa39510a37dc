import { dirname } from 'node:path';
import { type Disposable, type LogOutputChannel, workspace } from 'vscode';
import { reasonIn } from '../../../processes/reason-in.ts';
import type { RescoreView } from '../../../protocol/dashboard.ts';
import { type RescoreStart, type RescoreStep, rescoreEvent, rescoreStep } from '../../../protocol/rescore.ts';
import { readRunInfoLater } from '../../../run-folder/run-info.ts';
import { GrpoCommand } from '../../workspace/grpo-command.ts';
import type { Interpreters } from '../../workspace/interpreter.ts';
import type { JudgeKeys } from '../../workspace/judge-keys.ts';
import { placeToOpen, wordsBesidePlace } from '../../workspace/problem-place.ts';
import { pythonFor } from '../../workspace/request.ts';
import { RewardWatch } from './reward-watch.ts';

/** Newest steps that are scored: what the model writes now is what its reward should be judged by. `grpo rescore` takes them all. */
const MOST_STEPS = 200;
const UPDATE_INTERVAL_MS = 100;

/** What it takes to score. */
export interface Scorer {
  /** `dist/grpo.js` */
  script: string;
  interpreters: Interpreters;
  judgeKeys: JudgeKeys;
  log: LogOutputChannel;
}

interface ScoredStep {
  round: number;
  figures: RescoreView['steps'][number];
  /** The step's line as it came: parsed when someone looks. */
  line: string;
}

/**
 * A run's recorded completions under its rewards as they are now, kept up to date while reward files and the config are edited: each time they
 * are saved it starts again, and what was there stays, marked as stale, until there is something better.
 */
export class Rescoring implements Disposable {
  readonly #folder: string;
  readonly #scorer: Scorer;
  readonly #onUpdate: () => void;
  readonly #steps = new Map<number, ScoredStep>();
  readonly #watch: RewardWatch;
  #command: GrpoCommand | undefined;
  #start: RescoreStart | null = null;
  #round = 0;
  #state: RescoreView['state'] = 'running';
  #problem: Pick<RescoreView, 'problem' | 'place'> = { problem: null };
  #paused = false;
  #missed = false;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** `onUpdate` is called, coalesced, when there is more to show. Callers have asked for trust. */
  constructor(folder: string, scorer: Scorer, onUpdate: () => void) {
    if (!workspace.isTrusted) throw new Error('Rescoring requires a trusted workspace.');
    this.#folder = folder;
    this.#scorer = scorer;
    this.#onUpdate = onUpdate;
    this.#watch = new RewardWatch(() => this.restart());
    void this.#score();
  }

  get view(): RescoreView {
    const steps = [...this.#steps.values()].map(({ figures, round }) => ({ ...figures, stale: round !== this.#round }));
    steps.sort((a, b) => b.step - a.step);
    return { state: this.#state, ...this.#problem, start: this.#start, steps };
  }

  /** All that is known of a step. */
  step(step: number): RescoreStep | undefined {
    const scored = this.#steps.get(step);
    return scored && rescoreStep.parse(JSON.parse(scored.line));
  }

  /** Nobody looks: what changes meanwhile is scored when someone does again. */
  set paused(paused: boolean) {
    this.#paused = paused;
    if (!paused && this.#missed) this.restart();
  }

  /** Scores everything again; what is under way is dropped. */
  restart(): void {
    this.#missed = this.#paused;
    if (!this.#paused) void this.#score();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#command?.dispose();
    this.#watch.dispose();
  }

  async #score(): Promise<void> {
    const round = ++this.#round;
    this.#command?.dispose();
    this.#state = 'running';
    this.#update();
    const { script, interpreters, judgeKeys, log } = this.#scorer;
    const info = await readRunInfoLater(this.#folder);
    const python = info ? await pythonFor(info.configFile, interpreters) : null;
    if (this.#disposed || round !== this.#round) return;
    if (!info) return this.#end('failed', { problem: 'The run can no longer be read.' });
    this.#watch.follow([info.configFile, ...info.config.rewards.map(({ file }) => file)]);
    const first = Math.max(1, info.step - MOST_STEPS + 1);
    const args = ['rescore', this.#folder, '--newest-first', '--steps', `${first}-${Math.max(first, info.step)}`];
    if (python !== null) args.push('--python', python);

    const take = (line: string) => {
      if (round === this.#round) this.#take(line);
    };
    const env = { ...process.env, ...judgeKeys.environment };
    const command = new GrpoCommand(script, args, dirname(info.configFile), take, { env });
    this.#command = command;
    const { ok, problem, lastWords } = await command.exited;
    if (this.#disposed || round !== this.#round) return;
    if (!ok) log.error(`Rescoring ${info.name}: ${lastWords}`);
    if (ok) this.#end('done', { problem: null });
    else if (problem) this.#end('failed', { problem: wordsBesidePlace(problem), place: placeToOpen(problem) });
    else this.#end('failed', { problem: reasonIn(lastWords) || 'It ended without an error message.' });
  }

  #take(line: string): void {
    const event = rescoreEvent.parse(JSON.parse(line));
    if (event.type === 'start') {
      this.#start = event;
      this.#watch.follow([event.config.file, ...event.functions.map(({ file }) => file)]);
      // The run may have been taken back.
      for (const step of this.#steps.keys()) if (!event.steps.includes(step)) this.#steps.delete(step);
    } else if (event.type === 'step') {
      const { type: _, rows: __, groups: ___, ...figures } = event;
      this.#steps.set(event.step, { round: this.#round, line, figures: { ...figures, stale: false } });
    }
    this.#problem = { problem: null };
    this.#update();
  }

  #end(state: 'done' | 'failed', problem: Pick<RescoreView, 'problem' | 'place'>): void {
    this.#state = state;
    this.#problem = problem;
    this.#update();
  }

  #update(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#disposed) this.#onUpdate();
    }, UPDATE_INTERVAL_MS);
  }
}
