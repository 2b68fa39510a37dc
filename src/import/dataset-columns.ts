import type { LoadedConfig } from '../config/load-config.ts';
import { loadDataset } from '../data/dataset.ts';
import { messageText } from '../protocol/message-text.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { stringifyExact } from '../text/exact-json.ts';

/** The columns of the dataset that a run trained on, by prompt: the trainers log prompts without them, and most reward functions need them. */
export class DatasetColumns {
  readonly files: readonly string[];
  readonly #byPrompt: ReadonlyMap<string, Record<string, unknown>>;
  readonly #byLastMessage: ReadonlyMap<string, Record<string, unknown>>;
  /** What was found for texts that are no prompts as they are. */
  readonly #byText = new Map<string, Record<string, unknown> | undefined>();

  private constructor(
    files: readonly string[],
    byPrompt: ReadonlyMap<string, Record<string, unknown>>,
    byLastMessage: ReadonlyMap<string, Record<string, unknown>>,
  ) {
    this.files = files;
    this.#byPrompt = byPrompt;
    this.#byLastMessage = byLastMessage;
  }

  /** Of a run config: the rows of its dataset, and of its evaluation dataset. Throws BadInput for the first that is wrong. */
  static async load({ config, locate }: LoadedConfig): Promise<DatasetColumns> {
    const byPrompt = new Map<string, Record<string, unknown>>();
    const byLastMessage = new Map<string, Record<string, unknown>>();
    const files = [config.dataset, config.evalDataset ?? []].flat();
    for (const field of ['evalDataset', 'dataset'] as const) {
      const named = config[field];
      if (named === null) continue;
      const rows = await loadDataset({ named, at: locate([field]), placeOf: locate }, config);
      for (const { prompt, columns } of rows) {
        byPrompt.set(keyOf(prompt), columns);
        byLastMessage.set(lastMessage(prompt).trim(), columns);
      }
    }
    return new DatasetColumns(files, byPrompt, byLastMessage);
  }

  of(prompt: Prompt): Record<string, unknown> | undefined {
    const columns = this.#byPrompt.get(keyOf(prompt));
    return columns || typeof prompt !== 'string' ? columns : this.#inText(prompt);
  }

  /** verl logs a conversation as the chat template wrote it, without special tokens: the longest last message that it has as a whole is the row's. */
  #inText(text: string): Record<string, unknown> | undefined {
    if (this.#byText.has(text)) return this.#byText.get(text);
    const found = [...this.#byLastMessage.keys()].filter((message) => hasWhole(text, message));
    const longest = found.reduce((a, b) => (b.length > a.length ? b : a), '');
    const columns = this.#byLastMessage.get(longest);
    this.#byText.set(text, columns);
    return columns;
  }
}

/** Whether a message begins where a line does, and is followed by a line's end or the next role. */
function hasWhole(text: string, message: string): boolean {
  const start = text.lastIndexOf(message);
  if (start < 0) return false;
  const rest = text.slice(start + message.length);
  return (start === 0 || text[start - 1] === '\n') && /^(\s*$|\s*\n|assistant\b)/.test(rest);
}

/** Parquet has the fields of messages in an order of its own, and null where a message has none. */
function keyOf(prompt: Prompt): string {
  if (typeof prompt === 'string') return JSON.stringify(prompt);
  return JSON.stringify(
    prompt.map(({ role, content }) => [role, typeof content === 'string' ? content : stringifyExact(content)]),
  );
}

const lastMessage = (prompt: Prompt): string =>
  typeof prompt === 'string' ? prompt : messageText(prompt.findLast(({ role }) => role === 'user') ?? prompt.at(-1)!);
