import type { LoadedConfig } from '../config/load-config.ts';
import { loadDataset } from '../data/dataset.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { stringifyExact } from '../text/exact-json.ts';

/** The columns of the dataset that a run trained on, by prompt: TRL logs prompts without them, and most reward functions need them. */
export class DatasetColumns {
  readonly files: readonly string[];
  readonly #byPrompt: ReadonlyMap<string, Record<string, unknown>>;

  private constructor(files: readonly string[], byPrompt: ReadonlyMap<string, Record<string, unknown>>) {
    this.files = files;
    this.#byPrompt = byPrompt;
  }

  /** Of a run config: the rows of its dataset, and of its evaluation dataset. Throws BadInput for the first that is wrong. */
  static async load({ config, locate }: LoadedConfig): Promise<DatasetColumns> {
    const byPrompt = new Map<string, Record<string, unknown>>();
    const files = [config.dataset, config.evalDataset ?? []].flat();
    for (const field of ['evalDataset', 'dataset'] as const) {
      const named = config[field];
      if (named === null) continue;
      const rows = await loadDataset({ named, at: locate([field]), placeOf: locate }, config);
      for (const { prompt, columns } of rows) byPrompt.set(keyOf(prompt), columns);
    }
    return new DatasetColumns(files, byPrompt);
  }

  of(prompt: Prompt): Record<string, unknown> | undefined {
    return this.#byPrompt.get(keyOf(prompt));
  }
}

/** Parquet has the fields of messages in an order of its own, and null where a message has none. */
function keyOf(prompt: Prompt): string {
  if (typeof prompt === 'string') return JSON.stringify(prompt);
  return JSON.stringify(
    prompt.map(({ role, content }) => [role, typeof content === 'string' ? content : stringifyExact(content)]),
  );
}
