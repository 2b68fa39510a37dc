/** The parts of a step that both sides have, and the whole. */
export const PHASES = ['rollout', 'score', 'logprobs', 'update', 'step'] as const;
export type Phase = (typeof PHASES)[number];

/** What a side says of itself when it is ready. */
export interface Side {
  trainable_parameters: number;
}

/** What a side says of one measured step. */
export type MeasuredStep = Record<Phase, { seconds: number }> & {
  rollout: { seconds: number; tokens: number };
  /** Tokens of each prompt, and of each completion, as that side counts them. */
  prompt_lengths: number[];
  completion_lengths: number[];
  /** Of the process that trains, since it started. */
  peak_rss_bytes: number;
  /** CPU time of that process from its answer before to the start of this step: what it took from the other side. */
  waiting_cpu_seconds: number;
};
