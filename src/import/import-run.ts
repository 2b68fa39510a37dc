import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import { UNKNOWN_MODEL } from '../protocol/imported-run.ts';
import type { MetricsRow, RolloutRow } from '../protocol/run-folder.ts';
import { atomicWrite } from '../run-folder/atomic-write.ts';
import { evaluatedSteps } from '../run-folder/evaluations.ts';
import { listSteps } from '../run-folder/rollouts.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { holdsRun, readRunInfo } from '../run-folder/run-info.ts';
import { settingsOf } from '../trl/settings.ts';
import type { DatasetColumns } from './dataset-columns.ts';
import { OWN_CONFIG } from './import-place.ts';
import { heldOutMetrics, rowMetrics } from './row-metrics.ts';
import type { LoggedBatch, LogReader, TrainingLog } from './training-log.ts';

export interface ImportOptions {
  /** What the other program's trainer writes into. */
  source: string;
  /** Of that folder. */
  reader: LogReader;
  /** The run folder to make of it, or to bring up to date. */
  run: string;
  /** The run config whose rewards it is scored with again; undefined: one in the run folder, to be filled in. */
  configFile?: string | undefined;
  columns?: DatasetColumns | undefined;
}

/**
 * Makes a run folder of what another program's training has written, and brings it up to date as often as `update` is called; that program's
 * folder is only read. While it is open, the run is claimed as by a trainer.
 */
export class RunImport {
  readonly #options: ImportOptions;
  readonly #folder: RunFolder;
  /** Of the files, when they were last read. */
  #state = '';
  /** By what its rows were read from, what they were made with, and what follows from them. */
  readonly #written = new Map<string, { from: string; metrics: MetricsRow; unknownPrompts: number }>();
  readonly #heldOut = new Map<string, number>();

  /** Throws BadInput where another run is in the folder. */
  static async open(options: ImportOptions): Promise<RunImport> {
    return new RunImport(options, await options.reader.read());
  }

  private constructor(options: ImportOptions, log: TrainingLog) {
    this.#options = options;
    const { source, run, reader } = options;
    const before = holdsRun(run) ? readRunInfo(run) : undefined;
    if (before && before.imported?.folder !== source)
      throw new BadInput(`${run} already has a run that is not that of ${source}; name another folder with --out.`);
    const configFile = options.configFile ?? join(run, OWN_CONFIG);
    const config = settingsOf(log.args, { ...NOTHING_KNOWN, model: modelOf(log) });
    const created = log.startedAt === undefined ? {} : { createdAt: new Date(log.startedAt).toISOString() };
    const imported = { from: reader.from, folder: source, missing: [] };
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
    const state = this.#options.reader.state();
    if (state === this.#state) return this.#folder.info.state === 'done';
    const log = await this.#options.reader.read();
    const { batches, weights, numGenerations } = log;
    for (const batch of batches) await this.#write(batch);
    await this.#removeOthers(batches);

    const metrics = new Map(log.metrics);
    // What the completions alone tell of steps that are not logged yet.
    for (const batch of batches) {
      const { step } = batch;
      metrics.set(step, { ...this.#written.get(keyOf(batch))!.metrics, ...metrics.get(step) });
    }
    this.#folder.setMetrics([...metrics.values()].sort((a, b) => a.step - b.step));

    const { columns, source } = this.#options;
    const step = Math.max(0, ...metrics.keys());
    const trained = batches.filter(({ isEvaluation }) => !isEvaluation);
    const config = settingsOf(log.args, {
      ...{ model: modelOf(log), dataset: columns?.files[0] ?? 'unknown' },
      maxSteps: Math.max(1, step, log.maxSteps ?? 0),
      numGenerations: Math.max(2, numGenerations),
      promptsPerStep: Math.max(1, ...trained.map(({ count }) => Math.floor(count / numGenerations))),
    });
    const { configFile } = this.#folder.info;
    const rewards = [...weights].map(([name, weight]) => ({ name, file: configFile, weight }));
    const changes = {
      ...{ step, config, rewards, seed: config.seed },
      imported: {
        from: this.#options.reader.from,
        folder: source,
        missing: [...log.missing, ...this.#missingColumns(log)],
      },
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

  async #write(batch: LoggedBatch): Promise<void> {
    const { step, isEvaluation, digest } = batch;
    const key = keyOf(batch);
    if (this.#written.get(key)?.from === digest) return;
    const { columns } = this.#options;
    let unknownPrompts = 0;
    const rows = (await batch.rows()).map((row) => {
      const found = columns?.of(row.prompt);
      if (columns && !found && !row.columns) unknownPrompts += 1;
      return found ? { ...row, columns: { ...found, ...row.columns } } : row;
    });
    const metrics = isEvaluation ? heldOutMetrics(step, rows) : rowMetrics(step, rows);
    this.#written.set(key, { from: digest, metrics, unknownPrompts });
    if (!isEvaluation) {
      this.#folder.writeRollouts(step, rows);
      return;
    }
    // Held-out prompts have one number each in every evaluation, whatever their order is.
    const evaluated = rows.map(({ advantage: _, extra: __, ...row }) => ({ ...row, group: this.#heldOutGroup(row) }));
    this.#folder.writeEvaluation(step, evaluated);
  }

  /** The training may have been started again in the same folder, or turned out to have measured held-out prompts. */
  async #removeOthers(batches: readonly LoggedBatch[]): Promise<void> {
    const stepsOf = (wanted: boolean) =>
      new Set(batches.flatMap(({ step, isEvaluation }) => (isEvaluation === wanted ? [step] : [])));
    const [trained, evaluated] = [stepsOf(false), stepsOf(true)];
    for (const step of await listSteps(this.run)) if (!trained.has(step)) this.#folder.removeRollouts(step);
    for (const step of await evaluatedSteps(this.run)) if (!evaluated.has(step)) this.#folder.removeEvaluation(step);
    const keys = new Set(batches.map(keyOf));
    for (const key of this.#written.keys()) if (!keys.has(key)) this.#written.delete(key);
  }

  #missingColumns({ batches, missingColumns }: TrainingLog): string[] {
    const { columns } = this.#options;
    if (batches.length === 0) return [];
    if (!columns) return missingColumns === undefined ? [] : [missingColumns];
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const unknown = sum(batches.map((batch) => this.#written.get(keyOf(batch))!.unknownPrompts));
    if (unknown === 0) return [];
    const all = sum(batches.map(({ count }) => count));
    return [
      `The prompts of ${unknown} of ${all} completions are not in ${columns.files.join(', ')}: reward functions get no columns with these.`,
    ];
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

const keyOf = ({ step, isEvaluation }: LoggedBatch): string => `${isEvaluation ? 'evaluation' : 'step'} ${step}`;

const modelOf = ({ args }: TrainingLog): string => {
  const name = args?.model_name_or_path;
  return typeof name === 'string' ? name : UNKNOWN_MODEL;
};
