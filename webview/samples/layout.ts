import * as z from 'zod/mini';

/** How the user left the view. */
const layout = z.object({
  search: z._default(z.string(), ''),
  filter: z._default(z.string(), 'all'),
  /** Only samples of this prompt, by its key. */
  prompt: z._default(z.nullable(z.string()), null),
  sort: z._default(z.string(), 'line'),
  descending: z._default(z.boolean(), false),
  /** Samples of one prompt together, under a heading. */
  grouped: z._default(z.boolean(), true),
  /** Completions in a proportional font rather than in that of code. */
  prose: z._default(z.boolean(), false),
  /** What is open: an entry's key. */
  open: z._default(z.nullable(z.string()), null),
});
export type Layout = z.infer<typeof layout>;

/** What was kept; of another release and not fitting, the defaults. */
export function restoreLayout(kept: unknown): Layout {
  const parsed = layout.safeParse(kept ?? {});
  return parsed.success ? parsed.data : layout.parse({});
}
