import type { RewardOutcome, ScoreBatch } from './rewards.ts';

/**
 * What a Python program and the reward host say to each other: one JSON object per line, on the host's standard input and output. `open` comes
 * first, then any number of `score`, one after the other; `python/grpo_lab_rewards.py` is the other side. The host ends, and its workers with
 * it, when its input closes.
 */
export interface OpenRequest {
  type: 'open';
  /** `FILE`, or `FILE#function`. */
  rewards: string[];
  timeoutSeconds: number;
  /** Environment variables that rewards get besides the usual ones. */
  rewardEnv: string[];
  /** The interpreter for Python rewards. */
  python: string;
}

export interface ScoreBatchRequest {
  type: 'score';
  batch: ScoreBatch;
}

export type HostRequest = OpenRequest | ScoreBatchRequest;

export type HostReply =
  | { type: 'ready'; functions: { name: string; file: string }[] }
  /** Opening failed: the sentence to show. */
  | { type: 'refused'; message: string }
  | {
      type: 'scored';
      columns: { name: string; outcomes: RewardOutcome[] }[];
      metrics: Record<string, number | null>;
      extra: Record<string, unknown[]>;
    }
  /** At any time. */
  | { type: 'output' | 'warning'; text: string };
