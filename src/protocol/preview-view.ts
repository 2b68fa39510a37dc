// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import type { PreviewResult } from './preview.ts';

/** Raised when a message changes its meaning; a webview that was kept may be older than the extension. */
export const PREVIEW_VIEW_VERSION = 1;

/** What the *Reward Preview* view shows; each replaces the one before. */
export interface PreviewPicture {
  type: 'picture';
  /** The run config's or reward file's name; null when nothing is previewed. */
  title: string | null;
  /** The samples file's name; null when there is none. */
  samples: string | null;
  /** A request is under way. */
  running: boolean;
  /** What keeps numbers from being there, in a sentence. */
  note: string | null;
  result: PreviewResult | null;
}

/** The other columns of the row that the view asked for, each as text. */
export interface PreviewColumns {
  type: 'columns';
  row: number;
  columns: Record<string, string>;
}

/** What the view asks for; rows by their index in `result.rows`. */
export const previewViewMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.literal(PREVIEW_VIEW_VERSION) }),
  z.object({ type: z.literal('open-row'), row: z.int() }),
  z.object({ type: z.literal('show-row'), row: z.int() }),
  z.object({ type: z.literal('open-function'), name: z.string() }),
]);
export type PreviewViewMessage = z.infer<typeof previewViewMessage>;

/** Both ends come from one package, so that the kind of a message is all there is to check. */
export const previewViewUpdate = z.custom<PreviewPicture | PreviewColumns>((value) =>
  ['picture', 'columns'].includes(String((value as { type?: unknown } | null | undefined)?.type)),
);
