import type { RunFinding } from '../protocol/run-finding.ts';
import type { RunInfo } from '../protocol/run-folder.ts';
import { readEvaluation } from '../run-folder/evaluations.ts';
import { MetricsTail } from '../run-folder/metrics-tail.ts';
import { readCompletions } from '../run-folder/rollouts.ts';
import { diagnose } from './diagnose.ts';
import { type CompletionsOf, type EvaluatedOf, historyOf, type RunHistory } from './run-history.ts';

/** The history of a recorded run, read from its folder. */
export async function readHistory(run: string, info: RunInfo): Promise<RunHistory> {
  const tail = new MetricsTail(run);
  await tail.read();
  const { state, failure, reason } = info;
  const diverged = state === 'failed' && failure === 'diverged' ? (reason ?? undefined) : undefined;
  return { ...historyOf(info, tail.columns), diverged };
}

/** Of a run folder; a step whose file is gone or damaged has none. */
export const recordedCompletions =
  (run: string): CompletionsOf =>
  (step) =>
    readCompletions(run, step).catch(() => []);

/** The same of its evaluations. */
export const recordedEvaluations =
  (run: string): EvaluatedOf =>
  (step) =>
    readEvaluation(run, step).catch(() => []);

/** What a run shows whose curves are in memory; its completions are read from its folder. */
export const diagnoseFolder = (run: string, history: RunHistory): Promise<RunFinding[]> =>
  diagnose(history, recordedCompletions(run), recordedEvaluations(run));
