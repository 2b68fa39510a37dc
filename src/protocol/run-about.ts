// zod/mini, because the dashboard's bundle carries it too.
import * as z from 'zod/mini';

/** `about.json`: what people wrote about a run. Not the trainer's: it may be changed while the run is written. */
export const runAbout = z.looseObject({
  /** What it is called instead of the name of its config. */
  name: z.optional(z.string()),
  note: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
  /** Above the others. */
  pinned: z.optional(z.boolean()),
  /** Keys of findings that someone does not want to see. */
  dismissed: z.optional(z.array(z.string())),
});
export type RunAbout = z.infer<typeof runAbout>;

/** A name or a tag as it is kept: one line, without space around it; undefined when nothing is left. */
export const aboutLine = (text: string): string | undefined => text.replaceAll(/\s+/g, ' ').trim() || undefined;

/** Tags from one line, with commas between them; each once. */
export const tagsOf = (line: string): string[] => [...new Set(line.split(',').flatMap((tag) => aboutLine(tag) ?? []))];
