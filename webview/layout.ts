import * as z from 'zod/mini';

/** How the user left the dashboard: all of it survives hiding the panel and reloading the window. */
const layout = z.object({
  /** What the curves are drawn over, and which part of that is shown; null: all of it. */
  axis: z._default(z.enum(['step', 'time', 'tokens']), 'step'),
  range: z._default(z.nullable(z.tuple([z.number(), z.number()])), null),
  /** Weight of the past in the moving average, 0 (none) to below 1. */
  smoothing: z._default(z.number(), 0),
  /** Charts with a logarithmic axis, charts shown as tables, and series switched off (`chart/series`). */
  log: z._default(z.array(z.string()), []),
  tables: z._default(z.array(z.string()), []),
  hidden: z._default(z.array(z.string()), []),
  /** The reward function whose distribution is shown; null: their weighted sum. */
  distribution: z._default(z.nullable(z.string()), null),
  /** How far the curves are scrolled, in pixels. */
  scrolled: z._default(z.number(), 0),
  /** The step whose groups are shown; null: follow the newest. */
  step: z._default(z.nullable(z.number()), null),
  tab: z._default(z.enum(['overview', 'rollouts', 'compare', 'config', 'checkpoints']), 'overview'),
  /** What the Rollouts tab shows: completions as they were recorded, or under the rewards as they are now. */
  rollouts: z._default(z.enum(['recorded', 'rescored']), 'recorded'),
  /** The group that is open. */
  group: z._default(z.nullable(z.number()), null),
  /** The step of the rescored ones that is open. */
  rescored: z._default(z.nullable(z.number()), null),
  search: z._default(z.string(), ''),
  filter: z._default(z.string(), 'all'),
  sort: z._default(z.string(), 'order'),
  /** Folders of the runs laid over this one. */
  compared: z._default(z.array(z.string()), []),
});
export type Layout = z.infer<typeof layout>;

/** What was kept, with defaults for what is missing; a layout that another release kept and that does not fit is dropped. */
export function restoreLayout(kept: unknown): Layout {
  const parsed = layout.safeParse(kept ?? {});
  return parsed.success ? parsed.data : layout.parse({});
}
