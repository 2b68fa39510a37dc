/** What a reward's library says to the process that a local judge computes in (`dist/local-judge.js`), and hears from it, over its IPC channel. */

/** The first message, and only that. */
export interface OpenJudge {
  type: 'open';
  /** A Hugging Face folder or a .gguf file. */
  model: string;
  device: 'auto' | 'cpu' | 'webgpu';
}

/** How likely is each of these answers? */
export interface AskJudge {
  type: 'ask';
  id: number;
  question: string;
  answers: string[];
}

export type JudgeRequest = OpenJudge | AskJudge;

export type JudgeReply =
  /** The model is there. */
  | { type: 'opened' }
  /** The log-probability of each answer, and how many tokens were read. */
  | { type: 'judged'; id: number; logProbs: number[]; tokens: number }
  /** In a sentence; without an id, no question can be answered. */
  | { type: 'refused'; id: number | null; message: string };
