import * as z from 'zod';
import { type AnswerOrder, FAILURE_KINDS, LARGEST_SCORE, type Prompt, REWARD_WORKER_VERSION } from './rewards.ts';

/**
 * The messages between the process that wants scores (the host) and a reward worker, TypeScript or Python: one JSON object per line.
 *
 * A worker gets `load`, then any number of `score`, one after the other. While it scores it tells of every row as soon as
 * that is finished, so that a hang or a crash costs only the rows that were in flight. A Python worker may get `load` again for a
 * new text: the libraries that it has imported stay. (An ES module stays as long as its process.)
 *
 * A worker gets a `key` with its requests, a random text, and puts it into each of its replies: the user's code can write to their
 * file descriptor too.
 *
 * File descriptors of a worker: 0 the lifeline, which never carries data and closes when the host is gone, however it
 * went; 1 and 2 whatever the user's code prints; 3 requests; 4 replies.
 */
export interface LoadRequest {
  type: 'load';
  /** The user's file: where its imports start from and what errors point to. */
  file: string;
  /** What it runs: the text of a Python file, the compiled modules of a TypeScript or JavaScript file. */
  source: string | UserModules;
  /** Python: texts of the user's modules that it imports, by file, which stand in for those on disk. */
  moduleTexts?: Record<string, string>;
  /** Functions that are wanted though the file may not count them among its rewards. */
  names: string[];
  memoryLimitBytes: number;
  /** Python: after this time the worker ends, and tells which line it has reached. */
  timeoutSeconds?: number;
}

/** A reward file and the modules of the user's that it imports, compiled each for itself; all by their file URLs. */
export interface UserModules {
  entry: string;
  modules: Record<string, UserModule>;
  /** Of each module, the files that its imports lead to, by what stands in the import. */
  imports: Record<string, Record<string, string>>;
}

/** A module's JavaScript with its source map inside, and what others need to import it. */
export type UserModule =
  | { format: 'module'; source: string }
  /** `names`: what ES modules import from it beside its default export. */
  | { format: 'commonjs'; source: string; names: string[] }
  /** `source` is an ES module that exports the value; `text`, the file as it is, is for imports that say `with { type: 'json' }`. */
  | { format: 'json'; source: string; text: string };

export interface ScoreRequest {
  type: 'score';
  name: string;
  prompts: Prompt[];
  renderedPrompts: string[] | null;
  completions: string[];
  completionIds: number[][] | null;
  columns: Record<string, unknown[]>;
  trainerState: { globalStep: number; maxSteps: number } | null;
  order?: AnswerOrder | undefined;
  /** Which completions a row function scores; a batch function scores them all, and tells of its `start` with the first. */
  rows: number[];
  /** How many rows may be in flight at once. */
  concurrency: number;
  timeoutSeconds: number;
}

export type WorkerRequest = LoadRequest | ScoreRequest;

/** One line to a worker. */
export interface WorkerMessage {
  key: string;
  request: WorkerRequest;
}

const text = z.string();
const place = { file: text.optional(), line: z.int().optional(), column: z.int().optional() };
const finite = z.number();
const score = finite.min(-LARGEST_SCORE).max(LARGEST_SCORE);

const outcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('score'),
    score,
    reason: text.optional(),
    extracted: text.optional(),
    steps: z.array(z.object({ end: z.int(), score })).optional(),
  }),
  z.object({ kind: z.literal('abstain') }),
  z.object({
    kind: z.literal('failure'),
    failure: z.enum(FAILURE_KINDS),
    message: text,
    reads: z.enum(['text', 'chat']).optional(),
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
    /** The user's own modules that were imported along, beside those that the host compiled. */
    modules: z.array(text).optional(),
  }),
  z.object({ type: z.literal('load-failed'), message: text, ...place }),
  z.object({ type: z.literal('start'), row: z.int() }),
  /** `seconds`: how long the call of a row function took. */
  z.object({ type: z.literal('outcome'), row: z.int(), outcome, seconds: finite.optional() }),
  /** Something went wrong outside any call, in a timer or a promise that nothing awaits. */
  z.object({
    type: z.literal('stray'),
    message: text,
    ...place,
    /** Whether it ends the process. */
    fatal: z.boolean(),
  }),
  /** Null stands for a number that is not finite. */
  z.object({
    type: z.literal('done'),
    metrics: z.record(text, z.array(finite.nullable())),
    extra: z.record(text, z.array(z.unknown())),
    /** What the call used up, such as a judge's tokens: sums, by metric. */
    totals: z.record(text, finite).optional(),
    /** As in `ready`, with those that the functions have imported since. */
    modules: z.array(text).optional(),
  }),
]);

export type WorkerReady = Extract<WorkerReply, { type: 'ready' }>;
export type WorkerFunction = z.output<typeof workerFunction>;
export type WorkerReply = z.output<typeof workerReply>;
export type WorkerStray = Omit<Extract<WorkerReply, { type: 'stray' }>, 'type'>;

/** Checks one line from a worker; undefined when it is not a reply of the worker with this key (the user's code can write there too). */
export function parseWorkerReply(line: string, key: string): WorkerReply | undefined {
  try {
    const message = JSON.parse(line);
    return message.key === key ? workerReply.parse(message) : undefined;
  } catch {
    return undefined;
  }
}
