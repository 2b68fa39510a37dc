// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';

/** A field of the run config as its schema describes it. */
const configField = z.object({
  name: z.string(),
  section: z.string(),
  description: z.string(),
  /** What it is where a config does not have it; undefined: it has to be there. */
  default: z.optional(z.unknown()),
});
export type ConfigField = z.infer<typeof configField>;

/** What has become of a file of the run's reward code; `name` as in `rewardSources`. */
const sourceState = z.object({
  name: z.string(),
  now: z.enum(['same', 'changed', 'missing']),
  /** The config names it; others are modules that such a file imports. */
  isReward: z.boolean(),
});
export type SourceNow = z.infer<typeof sourceState>;

/** What the host tells the dashboard's Config tab. */
export const configHostMessages = [
  z.object({
    type: z.literal('configFacts'),
    configFile: z.string(),
    fields: z.array(configField),
    versions: z.record(z.string(), z.string()),
    sources: z.array(sourceState),
  }),
] as const;

/** What that asks of the host. */
export const configMessages = [
  /** The tab is seen: what it shows may have changed. */
  z.object({ type: z.literal('readConfig') }),
  z.object({
    type: z.literal('configCommand'),
    command: z.enum(['editAndRunAgain', 'runAgain', 'editNote', 'editTags']),
  }),
  /** Show the run's copy of a reward file, its difference to the file of today, or write the copy back beside that. */
  z.object({ type: z.literal('source'), name: z.string(), action: z.enum(['open', 'diff', 'restore']) }),
  /** Show the run's config file as it is today. */
  z.object({ type: z.literal('openConfig') }),
  /** Call the run this; an empty name takes one away. */
  z.object({ type: z.literal('renameRun'), name: z.string() }),
] as const;
