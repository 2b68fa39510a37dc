import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import type { MetricsRow, RolloutRow } from '../protocol/run-folder.ts';
import { atomicWrite } from '../run-folder/atomic-write.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { holdsRun, readRunInfo } from '../run-folder/run-info.ts';
import { type LoggedCompletion, readCompletionsFile } from './completions-file.ts';
import type { DatasetColumns } from './dataset-columns.ts';
import { OWN_CONFIG } from './import-place.ts';
import { type LogHistory, readLogHistory } from './log-history.ts';
import { missingFrom } from './missing.ts';
import { greatestDivisor, groupSize, type Recording, rewardNames, rolloutRows, rowMetrics } from './recorded-steps.ts';
import { settingsOf, weightsOf } from './settings.ts';
import { openTrlFolder, type TrlFolder } from './trl-folder.ts';

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
  /** By file, with its size and time: what was read of it. */
  readonly #read = new Map<string, { state: string; completions: LoggedCompletion[] }>();
  /** By step, the rows that the run folder has. */
  readonly #written = new Map<number, string>();
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

  /** Reads what is new. True when the run has come to its end. */
  async update(): Promise<boolean> {
    const found = openTrlFolder(this.#options.source);
    if (!found) throw new BadInput(`${this.#options.source} is no longer there.`);
    const log = readLogHistory(found);
    const steps = await this.#completionsOf(found);
    const recording = this.#recordingOf(log, steps);
    const rows = steps.map(({ step, completions }) => ({ step, rows: rolloutRows(step, completions, recording) }));
    const isEvaluation = (step: number) => log.evaluated.has(step);
    for (const { step, rows: recorded } of rows) this.#write(step, recorded, isEvaluation(step));
    const trained = rows.filter(({ step }) => !isEvaluation(step));
    const metrics = mergedMetrics(log, trained);
    this.#folder.setMetrics(metrics);
    const step = Math.max(0, ...metrics.map((row) => row.step), ...trained.map((one) => one.step));
    const maxSteps = Math.max(1, step, log.maxSteps ?? numberOf(log.args?.max_steps) ?? 0);
    const batch = Math.max(0, ...trained.map((one) => one.rows.length));
    const config = settingsOf(log.args, {
      ...{ model: modelOf(log), dataset: this.#options.columns?.files[0] ?? 'unknown', maxSteps },
      numGenerations: Math.max(2, recording.numGenerations),
      promptsPerStep: Math.max(1, Math.floor(batch / recording.numGenerations)),
    });
    const { configFile } = this.#folder.info;
    const rewards = [...recording.weights].map(([name, weight]) => ({ name, file: configFile, weight }));
    const known = [...steps.flatMap(({ completions }) => completions)];
    const missing = missingFrom({ log, completions: known, columns: this.#options.columns });
    const changes = {
      ...{ step, config, rewards, seed: config.seed },
      ...{ imported: { from: 'TRL', folder: this.#options.source, missing } },
    };
    const { info } = this.#folder;
    const isNew = Object.entries(changes).some(
      ([name, value]) => JSON.stringify(info[name as keyof typeof info]) !== JSON.stringify(value),
    );
    const state = log.done ? 'done' : 'running';
    if (isNew || info.state !== state) this.#folder.update({ ...changes, state, reason: null });
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

  /** A file that TRL is writing cannot be read yet: the next update does. */
  async #completionsOf({ completions }: TrlFolder): Promise<{ step: number; completions: LoggedCompletion[] }[]> {
    const steps: { step: number; completions: LoggedCompletion[] }[] = [];
    for (const { step, file } of completions) {
      const { size, mtimeMs } = statSync(file);
      const state = `${size} ${mtimeMs}`;
      const before = this.#read.get(file);
      if (before?.state !== state)
        try {
          this.#read.set(file, { state, completions: await readCompletionsFile(file) });
        } catch (error) {
          if (!(error instanceof BadInput)) throw error;
          if (Date.now() - mtimeMs > WRITING_MS) throw error;
        }
      const read = this.#read.get(file);
      if (read) steps.push({ step, completions: read.completions });
    }
    // A batch of completions that several updates share is logged with each of them.
    return steps.filter(
      ({ completions: rows }, index) =>
        index === 0 || JSON.stringify(rows) !== JSON.stringify(steps[index - 1]!.completions),
    );
  }

  #recordingOf(log: LogHistory, steps: readonly { completions: LoggedCompletion[] }[]): Recording {
    const all = steps.flatMap(({ completions }) => completions);
    const sizes = steps.map(({ completions }) => groupSize(completions));
    const numGenerations = numberOf(log.args?.num_generations) ?? (sizes.reduce(greatestDivisor, 0) || 1);
    const weights = weightsOf(log.args, rewardNames(log.rows.values(), all));
    return { weights, numGenerations, columnsOf: (prompt) => this.#options.columns?.of(prompt) };
  }

  #write(step: number, rows: RolloutRow[], isEvaluation: boolean): void {
    const text = JSON.stringify([isEvaluation, rows]);
    if (this.#written.get(step) === text) return;
    this.#written.set(step, text);
    if (!isEvaluation) {
      this.#folder.writeRollouts(step, rows);
      return;
    }
    this.#folder.removeRollouts(step);
    // Held-out prompts have one number each in every evaluation, whatever their order is.
    const evaluated = rows.map(({ advantage: _, extra: __, ...row }) => ({ ...row, group: this.#heldOutGroup(row) }));
    this.#folder.writeEvaluation(step, evaluated);
  }

  #heldOutGroup({ prompt }: Pick<RolloutRow, 'prompt'>): number {
    const text = JSON.stringify(prompt);
    const group = this.#heldOut.get(text) ?? this.#heldOut.size;
    this.#heldOut.set(text, group);
    return group;
  }
}

/** A file that has not changed for so long is not being written. */
const WRITING_MS = 10_000;

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

/** What was logged, and what the completions tell of steps that are not logged yet. */
function mergedMetrics(log: LogHistory, steps: readonly { step: number; rows: RolloutRow[] }[]): MetricsRow[] {
  const rows = new Map(log.rows);
  for (const { step, rows: recorded } of steps) rows.set(step, { ...rowMetrics(step, recorded), ...rows.get(step) });
  return [...rows.values()].sort((a, b) => a.step - b.step);
}
