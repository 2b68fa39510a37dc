import type { RunFinding } from '../protocol/run-finding.ts';
import { entropyCollapse } from './entropy-collapse.ts';
import { gradientSpike } from './gradient.ts';
import { grpoSteps } from './grpo-steps.ts';
import { klRunaway } from './kl-runaway.ts';
import { lowLearningRate } from './learning-rate.ts';
import { lengthChange } from './length-change.ts';
import { neverClips } from './never-clips.ts';
import { noSignal } from './no-signal.ts';
import { notFinite } from './not-finite.ts';
import { plateau } from './plateau.ts';
import type { CompletionDetector, CompletionsOf, MetricDetector, RunHistory } from './run-history.ts';
import { truncation } from './truncation.ts';

const METRIC_DETECTORS: MetricDetector[] = [
  notFinite,
  truncation,
  noSignal,
  lengthChange,
  entropyCollapse,
  klRunaway,
  neverClips,
  gradientSpike,
  lowLearningRate,
  plateau,
];
const COMPLETION_DETECTORS: CompletionDetector[] = [];
const SEVERITIES: RunFinding['severity'][] = ['error', 'warning', 'information'];

/** What the curves of a run show; the worst first. */
export function diagnoseMetrics(history: RunHistory): RunFinding[] {
  const steps = grpoSteps(history);
  return steps ? worstFirst(METRIC_DETECTORS.flatMap((detect) => detect(steps))) : [];
}

/** What the curves and the completions of a run show; the worst first. */
export async function diagnose(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const steps = grpoSteps(history);
  if (!steps) return [];
  const found = await Promise.all(COMPLETION_DETECTORS.map((detect) => detect(steps, completionsOf)));
  return worstFirst([...diagnoseMetrics(history), ...found.flat()]);
}

const worstFirst = (findings: readonly RunFinding[]): RunFinding[] =>
  findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
