import { z } from 'zod';
import { type Prompt, REWARD_WORKER_VERSION } from './rewards.ts';

/**
 * The messages between the process that wants scores (the host) and a reward worker, TypeScript or Python: one JSON object per line.
 *
 * A worker gets `load`, then any number of `score`, one after the other. While it scores it tells of every row as soon as
 * that is finished, so that a hang or a crash costs only the rows that were in flight. A Python worker may get `load` again for a
 * new text: the libraries that it has imported stay. (An ES module stays as long as its process.)
 *
 * File descriptors of a worker: 0 the lifeline, which never carries data and closes when the host is gone, however it
 * went; 1 and 2 whatever the user's code prints; 3 requests; 4 replies.
 */
export interface LoadRequest {
  type: 'load';
  /** The user's file: where its imports start from and what errors point to. */
  file: string;
  /** JavaScript compiled from `file`, with its source map; Python as it stands in `file`. */
  source: string;
  /** Functions that are wanted though the file may not count them among its rewards. */
  names: string[];
  memoryLimitBytes: number;
}

export interface ScoreRequest {
  type: 'score';
  name: string;
  prompts: Prompt[];
  renderedPrompts: string[] | null;
  completions: string[];
  completionIds: number[][] | null;
  columns: Record<string, unknown[]>;
  trainerState: { globalStep: number; maxSteps: number } | null;
  /** Which completions a row function is to score; a batch function gets them all. */
  rows: number[];
  /** How many rows may be in flight at once. */
  concurrency: number;
  timeoutSeconds: number;
}

export type WorkerRequest = LoadRequest | ScoreRequest;

const text = z.string();
const place = { file: text.optional(), line: z.int().optional(), column: z.int().optional() };
const finite = z.number();

const outcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('score'),
    score: finite,
    reason: text.optional(),
    extracted: text.optional(),
    steps: z.array(z.object({ end: z.int(), score: finite })).optional(),
  }),
  z.object({ kind: z.literal('abstain') }),
  z.object({
    kind: z.literal('failure'),
    failure: z.enum(['throw', 'timeout', 'crash', 'memory', 'nan', 'wrong-type', 'wrong-length']),
    message: text,
    ...place,
  }),
]);

const workerFunction = z.object({
  name: text,
  /** `row`: called once per completion; `batch`: once for all. */
  kind: z.enum(['row', 'batch']),
  /** Whether it counts as a reward of its file when nobody names it. */
  isDefault: z.boolean(),
  /** Where it is declared. */
  ...place,
  /** Python: the parameters without a default, where each stands. */
  parameters: z.array(z.object({ name: text, line: z.int(), column: z.int() })).optional(),
});

const workerReply = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    version: z.literal(REWARD_WORKER_VERSION),
    functions: z.array(workerFunction),
    /** Python: a digest of what was compiled, the same after an edit in a comment. */
    code: text.optional(),
    /** Python: the user's own modules that were imported along. */
    modules: z.array(text).optional(),
  }),
  z.object({ type: z.literal('load-failed'), message: text, ...place }),
  z.object({ type: z.literal('start'), row: z.int() }),
  /** `seconds`: how long the call of a row function took. */
  z.object({ type: z.literal('outcome'), row: z.int(), outcome, seconds: finite.optional() }),
  /** Sent when something outside any row ends the process, such as an exception in a timer. */
  z.object({ type: z.literal('dying'), message: text, ...place }),
  /** Null stands for a number that is not finite. */
  z.object({
    type: z.literal('done'),
    metrics: z.record(text, z.array(finite.nullable())),
    extra: z.record(text, z.array(z.unknown())),
  }),
]);

export type WorkerReady = Extract<WorkerReply, { type: 'ready' }>;
export type WorkerFunction = z.output<typeof workerFunction>;
export type WorkerReply = z.output<typeof workerReply>;

/** Checks one line from a worker; undefined when it is not a message (the user's code can write there too). */
export function parseWorkerReply(line: string): WorkerReply | undefined {
  try {
    return workerReply.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
