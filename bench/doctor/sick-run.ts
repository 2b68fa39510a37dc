/** A run that something is wrong with. */
export interface SickRun {
  /** The kind of the finding. */
  kind: string;
  /** What makes it sick, in a few words. */
  cause: string;
  sample: 'sort' | 'arithmetic';
  /** Fields of the run config that differ from the sample's; paths are those of `files`. */
  config: Record<string, unknown>;
  /** Files written next to the config, such as rewards, by name. */
  files?: Record<string, string>;
}
