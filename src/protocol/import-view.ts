// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import type { DatasetSummary, RowMapping } from './dataset-summary.ts';

/** Raised when a message changes its meaning; a webview that was kept may be older than the extension. */
export const IMPORT_VIEW_VERSION = 1;

/** A file or folder to choose. */
export interface NamedPath {
  path: string;
  label: string;
}

/** What *Import Dataset* shows; each replaces the one before. */
export interface ImportPicture {
  type: 'picture';
  /** As the run config will name it. */
  dataset: string;
  models: NamedPath[];
  /** The path of the chosen one; null: none. */
  model: string | null;
  rewards: NamedPath[];
  /** The dataset's own held-out split, which is next to it; null: none. */
  heldOut: NamedPath | null;
  configs: NamedPath[];
  /** `grpo data` is at work. */
  running: boolean;
  /** Of the last mapping that was asked for, once there is one. */
  summary: DatasetSummary | null;
  /** What keeps the dataset or the model from being read. */
  error: string | null;
}

const mapping = z.object({
  prompt: z.union([
    z.null(),
    z.string(),
    z.strictObject({ text: z.string() }),
    z.strictObject({ system: z.optional(z.string()), user: z.string(), prefill: z.optional(z.string()) }),
  ]),
  columns: z.union([z.null(), z.record(z.string(), z.string())]),
}) satisfies z.ZodMiniType<RowMapping>;

const chosen = {
  mapping,
  /** Null: created later. */
  reward: z.union([z.null(), z.string()]),
  lora: z.boolean(),
  /** Prompts to evaluate on, and whether they come from the held-out split rather than from the dataset itself; 0: none. */
  evalPrompts: z.int().check(z.gte(0)),
  fromHeldOut: z.boolean(),
  /** The run config to change; null: a new one. */
  config: z.union([z.null(), z.string()]),
};

/** What the view asks for. */
export const importViewMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.literal(IMPORT_VIEW_VERSION) }),
  /** Null leaves the mapping to the proposal. */
  z.object({ type: z.literal('look'), model: z.union([z.null(), z.string()]), mapping: z.union([z.null(), mapping]) }),
  z.object({ type: z.literal('browse-model'), mapping: z.union([z.null(), mapping]) }),
  z.object({ type: z.literal('write'), ...chosen }),
]);
export type ImportViewMessage = z.infer<typeof importViewMessage>;
export type WriteMessage = Extract<ImportViewMessage, { type: 'write' }>;

/** Both ends come from one package, so that the kind of a message is all there is to check. */
export const importPicture = z.custom<ImportPicture>(
  (value) => (value as { type?: unknown } | null | undefined)?.type === 'picture',
);
