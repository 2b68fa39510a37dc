// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import type { Problem } from './errors.ts';
import type { Finding } from './finding.ts';
import type { PromptMapping } from './inputs-config.ts';

/** What of a run config says how rows become prompts. */
export interface RowMapping {
  prompt: PromptMapping | null;
  columns: Record<string, string> | null;
}

export interface ColumnSummary {
  name: string;
  /** In words: `text`, `chat messages`, `{ ground_truth: text, style: text }`. */
  type: string;
  /** Those of the first rows as text, long ones cut. */
  values: string[];
  /** What is in an object column: `reward_model.ground_truth`. */
  paths: string[];
}

/** How a dataset could be used, as far as its first rows tell. */
export interface MappingProposal extends RowMapping {
  /** The column that the prompts come from; null: none looks like a prompt, and `prompt` says nothing. */
  promptColumn: string | null;
  /** The right answer: a column or a path into one; null: none looks like it. */
  answer: string | null;
}

/** How long prompts are. */
export interface PromptLengths {
  unit: 'tokens' | 'characters';
  /** Prompts that were counted. */
  count: number;
  min: number;
  median: number;
  /** 95 % of the prompts are not longer. */
  p95: number;
  max: number;
  /** Of one width; `from` is included, `to` is not. */
  bins: { from: number; to: number; count: number }[];
}

export interface ShownPrompt {
  /** As the model sees it: a chat as its template writes it, special tokens included. */
  text: string;
  /** Null without a model. */
  tokens: number | null;
  /** What the row's rewards get as `answer`, cut; null where there is none. */
  answer: string | null;
}

/** What `grpo data --json` says. */
export interface DatasetSummary {
  files: string[];
  /** Rows that were read, from the beginning, and how many there are; null: more, and only reading them all would tell. */
  rows: { read: number; total: number | null };
  columns: ColumnSummary[];
  proposal: MappingProposal;
  /** What was asked for, else the proposal: everything below goes by it. */
  mapping: RowMapping;
  /** `chat`: it has a chat template. `context`: the most tokens that it takes. */
  model: { path: string; chat: boolean; context: number } | null;
  prompts: ShownPrompt[];
  /** Null when there are no prompts. */
  lengths: PromptLengths | null;
  findings: Finding[];
  /** What keeps the rows from becoming prompts: the first row that does not. */
  problem: Problem | null;
  /** The first rows as rewards and samples get them: `prompt` and the columns. */
  examples: Record<string, unknown>[];
}

/** A heading for the prompts that are shown: `The first 3 prompts as the model sees them`. */
export function promptsTitle({ prompts, model }: Pick<DatasetSummary, 'prompts' | 'model'>): string {
  const [which, them] =
    prompts.length === 1 ? ['The first prompt', 'it'] : [`The first ${prompts.length} prompts`, 'them'];
  return model ? `${which} as the model sees ${them}` : which!;
}

/** Both ends come from one package, so that this is all there is to check. */
export const datasetSummary = z.custom<DatasetSummary>((value) => {
  const { columns, proposal } = (value ?? {}) as Partial<DatasetSummary>;
  return Array.isArray(columns) && typeof proposal === 'object';
});
