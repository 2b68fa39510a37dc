import type { Completion, EvaluatedCompletion } from '../protocol/dashboard-completion.ts';
import type { MetricColumns } from '../protocol/metric-columns.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import type { RunInfo, RunReward } from '../protocol/run-folder.ts';

/** What of a run a diagnosis looks at. Files are not read here: a trainer has all this in memory, a dashboard reads it anyway. */
export interface RunHistory {
  /** As recorded; an imported run's lacks fields. */
  config: Partial<RunConfig>;
  /** Empty where the run does not say. */
  functions: readonly RunReward[];
  /** Rows of its steps; that of step 0, if there is one, has only what was measured on held-out prompts. */
  metrics: MetricColumns;
  /** Where the run ended because its numbers were no longer finite: what it said. */
  diverged?: string | undefined;
  /** Tokens that the model's context leaves for a completion of the longest prompt; undefined where that is not known. */
  room?: number | undefined;
  /** The stage that this is about, of a run with stages: its index, and the fields that it sets itself. */
  stage?: { index: number; fields: readonly string[] } | undefined;
}

/** Of what `run.json` says of a run, and its metrics. */
export const historyOf = (
  { config, rewards = [], completionRoom: room }: Pick<RunInfo, 'config' | 'rewards' | 'completionRoom'>,
  metrics: MetricColumns,
): RunHistory => ({ config, functions: rewards, metrics, room });

/** The recorded completions of a step; empty where there are none. */
export type CompletionsOf = (step: number) => Promise<readonly Completion[]>;
/** The recorded completions of held-out prompts after a step; empty where there are none. */
export type EvaluatedOf = (step: number) => Promise<readonly EvaluatedCompletion[]>;

/** Tells what the curves of a run show. Cheap: a trainer asks after every step. */
export type MetricDetector = (history: RunHistory) => RunFinding[];
/** Tells what completions show, of those steps that it asks for. */
export type CompletionDetector = (
  history: RunHistory,
  completionsOf: CompletionsOf,
  evaluatedOf: EvaluatedOf,
) => Promise<RunFinding[]>;
