import { type ConfigLinks, readConfigLinks } from '../workspace/config-links.ts';

/** What the run configs of the workspace name, as far as they were read. */
export class KnownConfigs {
  /** Undefined for a file that does not exist. */
  readonly #readText: (file: string) => Promise<string | undefined>;
  readonly #configs = new Map<string, ConfigLinks>();
  /** By file, its readings so far. */
  readonly #readings = new Map<string, number>();

  constructor(readText: (file: string) => Promise<string | undefined>) {
    this.#readText = readText;
  }

  get all(): ConfigLinks[] {
    return [...this.#configs.values()];
  }

  /** Reads a config that is new, has changed, or is gone. */
  async read(file: string): Promise<void> {
    const reading = (this.#readings.get(file) ?? 0) + 1;
    this.#readings.set(file, reading);
    const text = await this.#readText(file);
    // A newer reading may have been quicker: of a text that the editor has, say.
    if (this.#readings.get(file) !== reading) return;
    const links = text === undefined ? undefined : readConfigLinks(file, text);
    if (links) this.#configs.set(file, links);
    // While it is typed it may be none for a moment; then the one before counts.
    else if (text === undefined) this.#configs.delete(file);
  }
}
