import * as z from 'zod/mini';
import { EMPTY_QUERY, rolloutQuery } from '../src/protocol/rollout-query.ts';

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
  /** Whether the list of findings is open; null: if it is short. */
  findings: z._default(z.nullable(z.boolean()), null),
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
  // The list of groups: what it is sorted by; what it, or the search through all steps, is to have; the hit that was opened; and what is
  // shown of the open group, its completions or its prompt in other steps.
  sort: z._default(z.string(), 'index'),
  descending: z._default(z.boolean(), false),
  query: z._default(rolloutQuery, EMPTY_QUERY),
  scope: z._default(z.enum(['step', 'all']), 'step'),
  hit: z._default(z.nullable(z.object({ step: z.number(), group: z.number(), row: z.number() })), null),
  /** How much of the width the list has beside the open group, in percent; null: nobody has set it. */
  listWidth: z._default(z.nullable(z.number()), null),
  groupView: z._default(z.enum(['completions', 'history', 'explain']), 'completions'),
  /** The Config tab hides fields that have their defaults. */
  changedFields: z._default(z.boolean(), false),
  /** Folders of the runs laid over this one. */
  compared: z._default(z.array(z.string()), []),
  /** The checkpoint that is chosen (null: the newest), and what is shown of it. */
  checkpoint: z._default(z.nullable(z.number()), null),
  checkpointView: z._default(z.enum(['try', 'evaluations']), 'try'),
  /** The evaluations side by side; null: the first and that of the checkpoint. */
  evaluations: z._default(z.tuple([z.nullable(z.number()), z.nullable(z.number())]), [null, null]),
  /** What tokens are coloured by. */
  tokenMeasure: z._default(z.string(), 'logprob'),
  // The Compare tab's.
  /** Which of the overlay colors each of them has, by folder. */
  overlayColors: z._default(z.record(z.string(), z.int()), {}),
  compareView: z._default(z.enum(['differences', 'curves', 'completions']), 'differences'),
  /** Whether runs that differ only in seed are drawn as their mean. */
  groupSeeds: z._default(z.boolean(), false),
  /** A column of the table of runs; with a minus in front from high to low. */
  runSort: z._default(z.string(), '-started'),
  compareMetric: z._default(z.string(), 'reward'),
  /** Also what does not differ. */
  compareAll: z._default(z.boolean(), false),
  /** The evaluations whose completions are compared, by folder; of other runs the last. */
  evaluationSteps: z._default(z.record(z.string(), z.number()), {}),
  /** The run whose completions are compared with this one's; null: the first that has some. */
  evaluationOf: z._default(z.nullable(z.string()), null),
  promptSort: z._default(z.enum(['gain', '-gain', 'order']), 'order'),
});
export type Layout = z.infer<typeof layout>;

/** What was kept, with defaults for what is missing; a layout that another release kept and that does not fit is dropped. */
export function restoreLayout(kept: unknown): Layout {
  const parsed = layout.safeParse(kept ?? {});
  return parsed.success ? parsed.data : layout.parse({});
}
