// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import type { PreviewFunction, PreviewGroup, PreviewProblem, PreviewRow } from './preview.ts';
import type { Prompt, RewardOutcome } from './rewards.ts';

/** Raised when a message changes its meaning; a webview that was kept may be older than the extension. */
export const SAMPLES_VIEW_VERSION = 1;

/** A column that reward functions get besides the prompt: a text as it is, anything else as its JSON is written. */
export interface ColumnView {
  name: string;
  text: string;
  isText: boolean;
}

export interface SampleLine {
  kind: 'sample';
  /** Stays the line's own while others come and go, and while it is edited. */
  id: number;
  /** Null where the line has none; previews may know one from the run config's mapping. */
  prompt: Prompt | null;
  completion: string;
  /** The one that is likely to hold the right answer first. */
  columns: ColumnView[];
  expect: Record<string, number | [number, number]>;
  /** A model wrote it, and nobody has edited it since. */
  generated: boolean;
}

/** A line of the samples file, in its order. */
export type LineView =
  | SampleLine
  /** `text`: its beginning. */
  | { kind: 'broken'; id: number; text: string; problem: string }
  | { kind: 'blank'; id: number };

/** From line `at` (from 0) on, `removed` lines make room for these; a number is the id of a line that was known and did not change. */
export interface LinesChange {
  type: 'lines';
  at: number;
  removed: number;
  lines: (LineView | number)[];
}

/** What the functions say of a sample; `group` is a number of `ScoresChange.groups`. */
export type RowScores = Pick<PreviewRow, 'reward' | 'advantage' | 'mismatches' | 'group'> & {
  outcomes: Record<string, RewardOutcome>;
  /** What is wrong with the line besides what its scores say. */
  problems: RowProblem[];
};
export type RowProblem = Pick<PreviewProblem, 'severity' | 'message'> & { code: string };
export type GroupScores = Pick<PreviewGroup, 'mean' | 'std' | 'signal' | 'why'>;
export type FunctionView = Pick<PreviewFunction, 'name' | 'weight' | 'mean' | 'std' | 'failed' | 'abstained' | 'state'>;

/** Scores that have changed, by line id and by group; null where there are none any more. */
export interface ScoresChange {
  type: 'scores';
  rows: [id: number, scores: RowScores | null][];
  groups: [group: number, scores: GroupScores | null][];
  /** Each group's prompt, and how the chat template renders it (null where none is applied). */
  prompts: [group: number, prompt: Pick<PreviewGroup, 'prompt' | 'rendered'>][];
}

/** The state of the whole file. */
export interface SamplesState {
  type: 'state';
  /** The file's name. */
  title: string;
  /** Lines can be changed: the workspace is trusted. */
  editable: boolean;
  /** Functions are being called. */
  running: boolean;
  /** The scores are those of an earlier text, as the newest does not compile, load or parse. */
  stale: boolean;
  /** Why there are no scores, or no new ones, in a sentence. */
  note: string | null;
  functions: FunctionView[];
}

export type SamplesHostMessage =
  | LinesChange
  | ScoresChange
  | SamplesState
  /** Shows a line; `edit`: what of it to write into. */
  | { type: 'select'; id: number; edit?: 'prompt' | 'completion' | undefined }
  /** An edit could not be made, in a sentence. */
  | { type: 'refused'; message: string };

const id = z.int();
/** A value in a line: `["completion"]`, `["prompt", 0, "content"]`, `["expect", "total"]`. */
const path = z.array(z.union([z.string(), z.int()])).check(z.minLength(1), z.maxLength(3));

/** What the view asks for; lines by their id. */
export const samplesViewMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.literal(SAMPLES_VIEW_VERSION) }),
  /** `json` is the new value; null removes it. */
  z.object({ type: z.literal('set'), id, path, json: z.nullable(z.string()) }),
  /** Adds a sample behind the line `like`, with its prompt and columns. */
  z.object({ type: z.literal('add'), like: z.nullable(id) }),
  z.object({ type: z.literal('duplicate'), id }),
  z.object({ type: z.literal('delete'), id }),
  z.object({ type: z.literal('save') }),
  z.object({ type: z.literal('open-line'), id }),
  z.object({ type: z.literal('open-text') }),
  z.object({ type: z.literal('open-function'), name: z.string() }),
  /** Shows where a function failed on a line. */
  z.object({ type: z.literal('open-failure'), id, name: z.string() }),
  z.object({ type: z.literal('generate') }),
  z.object({ type: z.literal('trust') }),
]);
export type SamplesViewMessage = z.infer<typeof samplesViewMessage>;

const HOST_TYPES: SamplesHostMessage['type'][] = ['lines', 'scores', 'state', 'select', 'refused'];

/** Both ends come from one package, so that the kind of a message is all there is to check. */
export const samplesHostMessage = z.custom<SamplesHostMessage>((value) =>
  (HOST_TYPES as unknown[]).includes((value as { type?: unknown } | null | undefined)?.type),
);
