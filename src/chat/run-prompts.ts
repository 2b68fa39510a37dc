import type { LoadedConfig } from '../config/load-config.ts';
import type { DatasetRow } from '../data/dataset.ts';
import type { ListedPrompt, PromptSet } from '../protocol/chat.ts';
import { BadInput } from '../protocol/errors.ts';
import { messageText } from '../protocol/message-text.ts';
import { askedPrompt } from '../protocol/prompt-prefix.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { loadRows } from '../trainer/load-rows.ts';

/** As many as a list shows at once. */
const MOST_LISTED = 50;
const LONGEST_TEXT = 200;

/** The prompts that a run trains on and is evaluated on, with their columns. */
export class RunPrompts {
  readonly #rows: Record<PromptSet, readonly DatasetRow[]>;

  /** Where the dataset cannot be read there are none, and `onNote` hears why. */
  static async load(loaded: LoadedConfig, onNote: (sentence: string) => void): Promise<RunPrompts> {
    try {
      const { train, heldOut } = await loadRows(loaded);
      return new RunPrompts({ training: train, 'held-out': heldOut ?? [] });
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      onNote(`The run's prompts cannot be read: ${error.message}`);
      return new RunPrompts({ training: [], 'held-out': [] });
    }
  }

  constructor(rows: Record<PromptSet, readonly DatasetRow[]>) {
    this.#rows = rows;
  }

  get counts(): Record<PromptSet, number> {
    return { training: this.#rows.training.length, 'held-out': this.#rows['held-out'].length };
  }

  /** One to see what they are like. */
  get example(): DatasetRow | undefined {
    return this.#rows['held-out'][0] ?? this.#rows.training[0];
  }

  /** Throws BadInput for an index that there is not. */
  at(set: PromptSet, index: number): DatasetRow {
    const row = this.#rows[set][index];
    if (!row) throw new BadInput(`There is no ${set} prompt ${index + 1}; the run has ${this.#rows[set].length}.`);
    return row;
  }

  /** The row with this very prompt, if there is one. */
  same(prompt: Prompt): DatasetRow | undefined {
    const text = JSON.stringify(prompt);
    return [...this.#rows['held-out'], ...this.#rows.training].find((row) => JSON.stringify(row.prompt) === text);
  }

  /** The first ones that contain a text, whatever its case. */
  list(set: PromptSet, search: string): { rows: ListedPrompt[]; found: number } {
    const wanted = search.trim().toLowerCase();
    const all = this.#rows[set].map((row, index) => ({ index, text: lastText(row), columns: row.columns }));
    const found = wanted === '' ? all : all.filter(({ text }) => text.toLowerCase().includes(wanted));
    const rows = found.slice(0, MOST_LISTED).map(({ text, ...row }) => ({
      ...row,
      text: text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text,
    }));
    return { rows, found: found.length };
  }
}

/** What is asked at last: what comes before is often the same for all. */
function lastText({ prompt }: DatasetRow): string {
  const asked = askedPrompt(prompt);
  return typeof asked === 'string' ? asked : messageText(asked.at(-1)!);
}
