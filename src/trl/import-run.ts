import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import type { Prompt } from '../protocol/rewards.ts';
import type { MetricsRow, RolloutRow } from '../protocol/run-folder.ts';
import { atomicWrite } from '../run-folder/atomic-write.ts';
import { evaluatedSteps } from '../run-folder/evaluations.ts';
import { listSteps } from '../run-folder/rollouts.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { holdsRun, readRunInfo } from '../run-folder/run-info.ts';
import type { DatasetColumns } from './dataset-columns.ts';
import { OWN_CONFIG } from './import-place.ts';
import { type LogHistory, readLogHistory } from './log-history.ts';
import { type LoggedStep, LoggedSteps } from './logged-steps.ts';
import { missingFrom } from './missing.ts';
import { type Recording, rolloutRows, rowMetrics } from './recorded-steps.ts';
import { rewardNames, settingsOf, weightsOf } from './settings.ts';
import { openTrlFolder, stateOf } from './trl-folder.ts';

export interface ImportOptions {
  /** What TRL's trainer writes: its `output_dir`. */
  source: string;
  /** The run folder to make of it, or to bring up to date. */
  run: string;
  /** The run config whose rewards it is scored with again; undefined: one in the run folder, to be filled in. */
  configFile?: string | undefined;
  columns?: DatasetColumns | undefined;
}

/**
 * Makes a run folder of what TRL has written, and brings it up to date as often as `update` is called; the other program's folder is only read.
 * While it is open, the run is claimed as by a trainer.
 */
export class TrlImport {
  readonly #options: ImportOptions;
  readonly #folder: RunFolder;
  readonly #logged = new LoggedSteps();
  /** Of the files, when they were last read. */
  #state = '';
  /** By step, what its rows in the run folder were made with, and what follows from them. */
  readonly #written = new Map<number, { from: string; metrics: MetricsRow; unknownPrompts: number }>();
  readonly #heldOut = new Map<string, number>();

  /** Throws BadInput where there is nothing that GRPO training with TRL has written, or another run in the folder. */
  static async open(options: ImportOptions): Promise<TrlImport> {
    const found = openTrlFolder(options.source);
    if (!found)
      throw new BadInput(
        `${options.source} has neither a run nor what TRL's GRPOTrainer writes (completions/*.parquet, trainer_state.json or TensorBoard event files).`,
      );
    const log = readLogHistory(found);
    const isGrpo = found.completions.length > 0 || [...log.rows.values()].some((row) => 'reward' in row);
    if (!isGrpo && log.done) throw new BadInput(`${options.source} was not trained with GRPO: its log has no rewards.`);
    return new TrlImport(options, log);
  }

  private constructor(options: ImportOptions, log: LogHistory) {
    this.#options = options;
    const { source, run } = options;
    const before = holdsRun(run) ? readRunInfo(run) : undefined;
    if (before && before.imported?.folder !== source)
      throw new BadInput(`${run} already has a run that is not that of ${source}; name another folder with --out.`);
    const configFile = options.configFile ?? join(run, OWN_CONFIG);
    const config = settingsOf(log.args, { ...NOTHING_KNOWN, model: modelOf(log) });
    const created = log.startedAt === undefined ? {} : { createdAt: new Date(log.startedAt).toISOString() };
    const imported = { from: 'TRL', folder: source, missing: [] };
    this.#folder = before
      ? RunFolder.open(run)
      : RunFolder.create(
          { name: basename(source), configFile, device: null, versions: {}, config, imported, ...created },
          run,
        );
    if (options.configFile !== undefined) this.#folder.update({ configFile: options.configFile });
    else if (!existsSync(join(run, OWN_CONFIG))) atomicWrite(join(run, OWN_CONFIG), OWN_CONFIG_TEXT);
  }

  get run(): string {
    return this.#folder.path;
  }

  get step(): number {
    return this.#folder.info.step;
  }

  /** What the folder does not tell, a sentence each. */
  get missing(): readonly string[] {
    return this.#folder.info.imported!.missing;
  }

  /** Reads what is new. True when the run has come to its end. */
  async update(): Promise<boolean> {
    const found = openTrlFolder(this.#options.source);
    if (!found) throw new BadInput(`${this.#options.source} is no longer there.`);
    const state = stateOf(found);
    if (state === this.#state) return this.#folder.info.state === 'done';
    const log = readLogHistory(found);
    await this.#logged.refresh(found.completions);
    const { all: steps, problems } = this.#logged;
    const numGenerations = numberOf(log.args?.num_generations) ?? this.#logged.groupSize;
    const weights = weightsOf(log.args, rewardNames(log, steps));
    const { columns } = this.#options;
    const recording = { weights, numGenerations, columnsOf: (prompt: Prompt) => columns?.of(prompt) };
    for (const step of steps) await this.#write(step, recording, log.evaluated.has(step.step));
    await this.#removeOthers(new Set(steps.map(({ step }) => step)));

    const trained = steps.filter(({ step }) => !log.evaluated.has(step));
    const metrics = new Map(log.rows);
    // What the completions alone tell of steps that are not logged yet.
    for (const { step } of trained) metrics.set(step, { ...this.#written.get(step)!.metrics, ...metrics.get(step) });
    this.#folder.setMetrics([...metrics.values()].sort((a, b) => a.step - b.step));

    const step = Math.max(0, ...metrics.keys());
    const config = settingsOf(log.args, {
      ...{ model: modelOf(log), dataset: columns?.files[0] ?? 'unknown' },
      maxSteps: Math.max(1, step, log.maxSteps ?? numberOf(log.args?.max_steps) ?? 0),
      numGenerations: Math.max(2, numGenerations),
      promptsPerStep: Math.max(1, ...trained.map(({ count }) => Math.floor(count / numGenerations))),
    });
    const { configFile } = this.#folder.info;
    const rewards = [...weights].map(([name, weight]) => ({ name, file: configFile, weight }));
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const missing = missingFrom({
      ...{ log, columns, problems },
      completions: sum(steps.map(({ count }) => count)),
      unknownPrompts: sum(steps.map((one) => this.#written.get(one.step)!.unknownPrompts)),
    });
    const changes = {
      ...{ step, config, rewards, seed: config.seed },
      ...{ imported: { from: 'TRL', folder: this.#options.source, missing } },
    };
    const { info } = this.#folder;
    const isNew = Object.entries(changes).some(
      ([name, value]) => JSON.stringify(info[name as keyof typeof info]) !== JSON.stringify(value),
    );
    const runState = log.done ? 'done' : 'running';
    if (isNew || info.state !== runState) this.#folder.update({ ...changes, state: runState, reason: null });
    this.#state = state;
    return log.done;
  }

  /** Nobody follows it any more; what it is then called where it has not come to its end. */
  close(): void {
    const { state, step } = this.#folder.info;
    if (state !== 'done')
      this.#folder.update({
        state: 'stopped',
        reason: `Read up to step ${step} of ${this.#options.source}; open it again to read on.`,
      });
    this.#folder.close();
  }

  async #write(logged: LoggedStep, recording: Recording, isEvaluation: boolean): Promise<void> {
    const { step, digest } = logged;
    const from = JSON.stringify([digest, isEvaluation, recording.numGenerations, ...recording.weights]);
    if (this.#written.get(step)?.from === from) return;
    const rows = rolloutRows(step, await this.#logged.completionsOf(logged), recording);
    const unknownPrompts = this.#options.columns ? rows.filter(({ columns }) => !columns).length : 0;
    this.#written.set(step, { from, metrics: rowMetrics(step, rows), unknownPrompts });
    if (!isEvaluation) {
      this.#folder.writeRollouts(step, rows);
      return;
    }
    this.#folder.removeRollouts(step);
    // Held-out prompts have one number each in every evaluation, whatever their order is.
    const evaluated = rows.map(({ advantage: _, extra: __, ...row }) => ({ ...row, group: this.#heldOutGroup(row) }));
    this.#folder.writeEvaluation(step, evaluated);
  }

  /** The training may have been started again in the same folder. */
  async #removeOthers(steps: ReadonlySet<number>): Promise<void> {
    for (const step of await listSteps(this.run)) if (!steps.has(step)) this.#folder.removeRollouts(step);
    for (const step of await evaluatedSteps(this.run)) if (!steps.has(step)) this.#folder.removeEvaluation(step);
  }

  #heldOutGroup({ prompt }: Pick<RolloutRow, 'prompt'>): number {
    const text = JSON.stringify(prompt);
    const group = this.#heldOut.get(text) ?? this.#heldOut.size;
    this.#heldOut.set(text, group);
    return group;
  }
}

const NOTHING_KNOWN = { dataset: 'unknown', numGenerations: 2, promptsPerStep: 1, maxSteps: 1 };

const OWN_CONFIG_TEXT = `{
  // What GRPO: Rescore Run and grpo rescore score this run's completions with: name your reward files here, relative to this folder.
  "model": "unknown",
  "dataset": "unknown",
  "rewards": []
}
`;

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);

const modelOf = ({ args }: LogHistory): string => {
  const name = args?.model_name_or_path;
  return typeof name === 'string' ? name : 'unknown';
};
