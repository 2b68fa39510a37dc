import { runLabels } from '../../protocol/run-labels.ts';
import type { Run } from '../../run-folder/read-run.ts';

/** The workspace's runs by folder, each with its label: worked out again only when something that labels follow has changed. */
export class LabelledRuns {
  readonly #runs = new Map<string, Run>();
  #labels: Map<string, string> | undefined;

  get(folder: string): Run | undefined {
    const run = this.#runs.get(folder);
    if (!run) return undefined;
    this.#labels ??= runLabels([...this.#runs.values()]);
    return { ...run, name: this.#labels.get(folder)! };
  }

  set(folder: string, run: Run): void {
    const known = this.#runs.get(folder);
    this.#runs.set(folder, run);
    if (!known || followed(known) !== followed(run)) this.#labels = undefined;
  }

  delete(folder: string): void {
    if (this.#runs.delete(folder)) this.#labels = undefined;
  }

  keys(): string[] {
    return [...this.#runs.keys()];
  }

  /** Newest first. */
  get all(): Run[] {
    return this.keys()
      .map((folder) => this.get(folder)!)
      .sort((a, b) => b.info.createdAt.localeCompare(a.info.createdAt));
  }
}

function followed({ info, about }: Run): string {
  const { name, createdAt, config, startConfig = config, rewardSources, inputs, changes } = info;
  return JSON.stringify([name, createdAt, about.name, startConfig, rewardSources, inputs, changes]);
}
