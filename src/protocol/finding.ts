import * as z from 'zod';
import type { SourceLocation } from './errors.ts';
import { remedy, sourceLocation } from './problem.ts';
import { type Remedy, remedyWords } from './remedy.ts';

/**
 * Something that was noticed about a run before or while it trains: what keeps it from learning (`error`), what will probably hurt
 * (`warning`), or what is good to know (`information`). Diagnostics, quick fixes, reports and JSON are views of it.
 */
export interface Finding {
  /** What kind, in kebab-case, such as `all-truncated`: stable, for `--json`. */
  kind: string;
  severity: 'error' | 'warning' | 'information';
  /** One sentence with its figures: `All 32 completions were cut off at 48 tokens.` */
  evidence: string;
  /** Where in the user's files, if it is about one. */
  place?: SourceLocation | undefined;
  remedy?: Remedy | undefined;
}

/** A finding as a line of a log: `All 32 completions were cut off at 48 tokens. Set "maxCompletionLength" to 256.` */
export const findingText = ({ evidence, remedy }: Finding): string =>
  remedy ? `${evidence} ${remedyWords(remedy)}` : evidence;

/** Checks a finding that another process sends. */
export const finding = z.object({
  kind: z.string(),
  severity: z.enum(['error', 'warning', 'information']),
  evidence: z.string(),
  place: sourceLocation.optional(),
  remedy: remedy.optional(),
}) satisfies z.ZodType<Finding>;
