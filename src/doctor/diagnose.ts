import type { RunFinding } from '../protocol/run-finding.ts';
import type { CompletionDetector, CompletionsOf, MetricDetector, RunHistory } from './run-history.ts';
import { truncation } from './truncation.ts';

const METRIC_DETECTORS: MetricDetector[] = [truncation];
const COMPLETION_DETECTORS: CompletionDetector[] = [];
const SEVERITIES: RunFinding['severity'][] = ['error', 'warning', 'information'];

/** What the curves of a run show; the worst first. */
export const diagnoseMetrics = (history: RunHistory): RunFinding[] =>
  worstFirst(METRIC_DETECTORS.flatMap((detect) => detect(history)));

/** What the curves and the completions of a run show; the worst first. */
export async function diagnose(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const found = await Promise.all(COMPLETION_DETECTORS.map((detect) => detect(history, completionsOf)));
  return worstFirst([...METRIC_DETECTORS.flatMap((detect) => detect(history)), ...found.flat()]);
}

const worstFirst = (findings: readonly RunFinding[]): RunFinding[] =>
  findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
