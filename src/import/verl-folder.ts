import { type Dirent, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { RUN_FILE } from '../files/open-file.ts';
import { readLines } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { type EventFile, eventFiles, fileState } from '../trl/trl-folder.ts';

/** What a training with verl has written below a folder, by paths. */
export interface VerlFolder {
  /** `1.jsonl` of `trainer.rollout_data_dir`, in ascending order. */
  training: StepFile[];
  /** The same of `trainer.validation_data_dir`. */
  validation: StepFile[];
  /** `PROJECT/EXPERIMENT.jsonl` of the logger "file": of several, nobody knows which is this training's. */
  metrics: string[];
  /** Event files of the logger "tensorboard". */
  events: EventFile[];
}

export interface StepFile {
  step: number;
  file: string;
}

const STEP_FILE = /^(\d+)\.jsonl$/;
/** `rollout_data_dir` may be the folder itself or lie in it, metrics are at `tensorboard_log/PROJECT/EXPERIMENT`. */
const DEPTH = 3;
/** Checkpoints, which are large, and what never has dumps. */
const PASSED_OVER = /^(global_step_\d+|node_modules|\..*)$/;

/** Undefined where nothing is that verl writes. Throws BadInput where several trainings are. */
export function openVerlFolder(path: string): VerlFolder | undefined {
  const dumps: { folder: string; files: StepFile[]; isValidation: boolean }[] = [];
  const metrics: string[] = [];
  for (const { folder, entries } of foldersBelow(path, DEPTH)) {
    const files = entries.flatMap(({ name }) => {
      const step = STEP_FILE.exec(name)?.[1];
      return step === undefined ? [] : [{ step: Number(step), file: join(folder, name) }];
    });
    files.sort((a, b) => a.step - b.step);
    const row = files.map(({ file }) => firstRow(file)).find((first) => first !== undefined);
    if (row && isDump(row)) dumps.push({ folder, files, isValidation: isValidation(folder, row) });
    const others = entries.filter(({ name }) => name.endsWith('.jsonl') && !STEP_FILE.test(name));
    for (const { name } of others) if (isMetrics(firstRow(join(folder, name)))) metrics.push(join(folder, name));
  }
  if (dumps.length + metrics.length === 0) return undefined;
  const only = (wanted: boolean) => {
    const found = dumps.filter((dump) => dump.isValidation === wanted);
    if (found.length > 1)
      throw new BadInput(
        `${path} has the ${wanted ? 'validations' : 'rollouts'} of ${found.length} trainings with verl (${found.map(({ folder }) => relative(path, folder)).join(', ')}): name the folder of one.`,
      );
    return found[0]?.files ?? [];
  };
  const events = eventFiles(path, DEPTH).sort((a, b) => a.seconds - b.seconds);
  return { training: only(false), validation: only(true), metrics, events };
}

/** Another text whenever a file is there that was not, or has changed. */
export const stateOfVerl = ({ training, validation, metrics, events }: VerlFolder): string =>
  [...training, ...validation, ...metrics.map((file) => ({ file })), ...events]
    .map(({ file }) => `${file} ${fileState(file)}`)
    .join('\n');

/** Columns that `_write_generations` always writes. */
const isDump = (row: Record<string, unknown>): boolean =>
  ['input', 'output', 'gts', 'score', 'step'].every((name) => name in row);

/** Both have one format. Validation adds the score a second time, as "reward"; a folder's name counts more. */
function isValidation(folder: string, row: Record<string, unknown>): boolean {
  const words = basename(folder)
    .toLowerCase()
    .split(/[^a-z]+/);
  if (words.some((word) => /^(val|valid|validations?|evals?|evaluations?|test)$/.test(word))) return true;
  return !words.some((word) => /^(rollouts?|train|training)$/.test(word)) && 'reward' in row;
}

const isMetrics = (row: Record<string, unknown> | undefined): boolean =>
  row !== undefined && Object.keys(row).join() === 'step,data' && typeof row.data === 'object' && row.data !== null;

/** Undefined before the first line is whole, and where it is no object. */
function firstRow(file: string): Record<string, unknown> | undefined {
  try {
    for (const { text } of readLines(file, RUN_FILE)) {
      const row: unknown = JSON.parse(text);
      return typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : undefined;
    }
  } catch (error) {
    if (!(error instanceof BadInput || error instanceof SyntaxError)) throw error;
  }
  return undefined;
}

function* foldersBelow(folder: string, depth: number): Generator<{ folder: string; entries: Dirent[] }> {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  yield { folder, entries: entries.filter((entry) => !entry.isDirectory()) };
  if (depth === 0) return;
  for (const entry of entries)
    if (entry.isDirectory() && !PASSED_OVER.test(entry.name)) yield* foldersBelow(join(folder, entry.name), depth - 1);
}
