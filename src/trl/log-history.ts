import { RUN_FILE, readBytes } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';
import { finiteOrNull, type MetricsRow } from '../protocol/run-folder.ts';
import { readEvents } from '../tensorboard/read-events.ts';
import { metricOf } from '../tensorboard/tags.ts';
import type { TrlFolder } from './trl-folder.ts';

/** What a run has logged so far. */
export interface LogHistory {
  /** By step, in no order. */
  rows: Map<number, MetricsRow>;
  /** The steps whose held-out prompts were measured. */
  evaluated: Set<number>;
  /** GRPOConfig as transformers tells TensorBoard; undefined without event files. */
  args: Record<string, unknown> | undefined;
  /** How many steps it is to have; undefined where that is not known. */
  maxSteps: number | undefined;
  /** It has come to its end. */
  done: boolean;
  /** When it began, in milliseconds since 1970, where that is known. */
  startedAt: number | undefined;
}

/** Logged once, about the run as a whole, or no measurement. */
const NOT_METRICS = /^(train_|total_flos$|step$|epoch$)/;
const ENDED = 'train_runtime';
const ARGS = 'args/text_summary';

/**
 * Reads the logs: event files grow with every step, and `trainer_state.json`, which has the same numbers in full, comes with each checkpoint. A file
 * that is just being written is passed over. Steps are TRL's: updates of the weights.
 */
export function readLogHistory({ events, states }: TrlFolder): LogHistory {
  const history: LogHistory = {
    rows: new Map(),
    evaluated: new Set(),
    ...{ args: undefined, maxSteps: undefined, done: false, startedAt: undefined },
  };
  for (const file of events) ifReadable(() => takeEvents(history, file));
  // The newest has all that the ones before it have.
  for (const file of states.slice(-1)) ifReadable(() => takeState(history, file));
  return history;
}

/** Checkpoints are removed while others are written (`save_total_limit`). */
function ifReadable(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
  }
}

function takeEvents(history: LogHistory, file: string): void {
  for (const { step, wallTime, scalars, texts } of readEvents(readBytes(file, RUN_FILE))) {
    history.startedAt ??= wallTime * 1000;
    const args = parsed(texts[ARGS]);
    if (args) history.args = args;
    const entries = Object.entries(scalars).flatMap(([tag, value]): [string, number][] => {
      const metric = metricOf(tag);
      return metric === undefined ? [] : [[metric, value]];
    });
    take(history, step, Object.fromEntries(entries));
  }
}

function takeState(history: LogHistory, file: string): void {
  const state = parsed(readText(file, RUN_FILE));
  if (!state || !Array.isArray(state.log_history)) return;
  for (const entry of state.log_history as Record<string, unknown>[])
    if (typeof entry?.step === 'number') take(history, entry.step, entry);
  if (typeof state.max_steps !== 'number' || typeof state.global_step !== 'number') return;
  history.maxSteps = state.max_steps;
  history.done ||= state.global_step >= state.max_steps;
}

function take(history: LogHistory, step: number, entry: Record<string, unknown>): void {
  if (ENDED in entry) history.done = true;
  for (const [name, value] of Object.entries(entry)) {
    if (NOT_METRICS.test(name) || !(typeof value === 'number' || value === null)) continue;
    if (name === 'eval_reward') history.evaluated.add(step);
    const row = history.rows.get(step) ?? { step };
    history.rows.set(step, row);
    row[name] = value === null ? null : finiteOrNull(value);
  }
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
