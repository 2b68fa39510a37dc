import type { Prompt } from './rewards.ts';

/** File names inside a run folder. Everything that is ever shown can be rebuilt from these files alone. */
export const RUN_FILES = {
  info: 'run.json',
  metrics: 'metrics.jsonl',
  rollouts: 'rollouts',
  checkpoints: 'checkpoints',
  log: 'log.txt',
} as const;

/** `step-000010`: the name of step 10's rollouts file (plus `.jsonl`) and checkpoint folder. Steps count from 1. */
export const stepName = (step: number): string => `step-${String(step).padStart(6, '0')}`;

/** The step of such a name, or undefined when it is not one. */
export function stepOfName(name: string): number | undefined {
  const match = /^step-(\d{6,})(\.jsonl)?$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** One line of `metrics.jsonl`: `step`, TRL's keys, and ours under `time/`. Values that are not finite are null. */
export type MetricsRow = { step: number } & Record<string, number | null>;

/** One completion in `rollouts/step-000001.jsonl`; `--rollouts` reads the same rows back. */
export interface RolloutRow {
  step: number;
  /** Index of the prompt's group within the step, from 0. */
  group: number;
  prompt: Prompt;
  prompt_ids: number[];
  completion: string;
  completion_ids: number[];
  /** Each function's score; null where it abstained or failed. */
  rewards: Record<string, number | null>;
  /** Weighted sum of the rewards; null when every function abstained or failed. */
  reward: number | null;
  advantage: number;
  length: number;
  truncated: boolean;
  /** The first failure on this row, with file and line; null when there was none. */
  error: string | null;
  /** The dataset's other columns. */
  columns?: Record<string, unknown>;
  /** Reasons and extracted answers, by function, where a reward gave them. */
  details?: Record<string, { reason?: string; extracted?: string }>;
}
