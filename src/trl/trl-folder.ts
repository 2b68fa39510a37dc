import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What TRL's trainer has written into its `output_dir`, by paths. */
export interface TrlFolder {
  path: string;
  /** `completions/completions_00010.parquet`, with `log_completions=True`: those of the last batch before that step was logged. In ascending order. */
  completions: { step: number; file: string }[];
  /** `trainer_state.json` of checkpoints and of the folder, the one that was saved last at the end. */
  states: string[];
  /** TensorBoard's event files, with `report_to=["tensorboard"]`, in the order in which they were begun. */
  events: string[];
}

const COMPLETIONS = /^completions_(\d+)\.parquet$/;
const CHECKPOINT = /^checkpoint-(\d+)$/;
const EVENTS = /^events\.out\.tfevents\.(\d+)\./;
/** Where event files are: `runs/<time>_<host>/`, or where `logging_dir` says, such as `logs/`. */
const EVENTS_DEPTH = 2;

/** What is there now; undefined where nothing is that TRL writes. */
export function openTrlFolder(path: string): TrlFolder | undefined {
  const entries = entriesOf(path);
  const completions = entriesOf(join(path, 'completions')).flatMap(({ name }) => {
    const step = COMPLETIONS.exec(name)?.[1];
    return step === undefined ? [] : [{ step: Number(step), file: join(path, 'completions', name) }];
  });
  const checkpoints = entries
    .flatMap(({ name }) => CHECKPOINT.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b))
    .map((step) => join(path, `checkpoint-${step}`));
  const states = [...checkpoints, path].flatMap((folder) =>
    entriesOf(folder).some(({ name }) => name === 'trainer_state.json') ? [join(folder, 'trainer_state.json')] : [],
  );
  const events = eventFiles(path, EVENTS_DEPTH).sort((a, b) => a.seconds - b.seconds);
  if (completions.length + states.length + events.length === 0) return undefined;
  completions.sort((a, b) => a.step - b.step);
  return { path, completions, states, events: events.map(({ file }) => file) };
}

/** An event file, and when it was begun. */
export interface EventFile {
  file: string;
  seconds: number;
}

/** In no order. */
export function eventFiles(folder: string, depth: number): EventFile[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    const seconds = EVENTS.exec(entry.name)?.[1];
    if (seconds !== undefined) return [{ file: path, seconds: Number(seconds) }];
    return depth > 0 && entry.isDirectory() && !CHECKPOINT.test(entry.name) ? eventFiles(path, depth - 1) : [];
  });
}

/** Another text whenever a file is there that was not, or has changed. */
export const stateOf = ({ completions, states, events }: TrlFolder): string =>
  [...completions.map(({ file }) => file), ...states, ...events].map((file) => `${file} ${fileState(file)}`).join('\n');

/** Another text whenever the file has changed. */
export function fileState(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.size} ${stats.mtimeMs}` : 'gone';
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
