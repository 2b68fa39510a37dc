import type { Prompt } from '../protocol/rewards.ts';

/** A dataset row as the model sees it. */
export interface EncodedPrompt {
  prompt: Prompt;
  /** The prompt's text, a chat as its template writes it out; not always known of a recorded prompt. */
  text?: string;
  ids: number[];
  /** The dataset's other columns. */
  columns: Record<string, unknown>;
}
