import type { RunFinding } from '../protocol/run-finding.ts';
import { drownedRewards } from './drowned-rewards.ts';
import { failingRewards } from './failing-rewards.ts';
import { heldOutStory } from './held-out-story.ts';
import { leakedPrompts } from './leaked-prompts.ts';
import { repeatedPrompts } from './repeated-prompts.ts';
import { repetition } from './repetition.ts';
import type { CompletionDetector, CompletionsOf, EvaluatedOf, MetricDetector, RunHistory } from './run-history.ts';
import { sameAnswers } from './same-answers.ts';
import { silentRewards } from './silent-rewards.ts';
import { slowRewards } from './slow-rewards.ts';
import { tradedFunctions } from './traded-functions.ts';
import { trickCompletions } from './trick-completions.ts';
import { truncation } from './truncation.ts';

const METRIC_DETECTORS: MetricDetector[] = [truncation, slowRewards];
const COMPLETION_DETECTORS: CompletionDetector[] = [
  failingRewards,
  silentRewards,
  drownedRewards,
  leakedPrompts,
  repeatedPrompts,
  repetition,
  sameAnswers,
  heldOutStory,
  tradedFunctions,
  trickCompletions,
];
const SEVERITIES: RunFinding['severity'][] = ['error', 'warning', 'information'];

/** What the curves of a run show; the worst first. */
export const diagnoseMetrics = (history: RunHistory): RunFinding[] =>
  worstFirst(METRIC_DETECTORS.flatMap((detect) => detect(history)));

/** What the curves and the completions of a run show; the worst first. */
export async function diagnose(
  history: RunHistory,
  completionsOf: CompletionsOf,
  evaluatedOf: EvaluatedOf = async () => [],
): Promise<RunFinding[]> {
  const [completions, evaluated] = [remembering(completionsOf), remembering(evaluatedOf)];
  const found = await Promise.all(COMPLETION_DETECTORS.map((detect) => detect(history, completions, evaluated)));
  return worstFirst([...METRIC_DETECTORS.flatMap((detect) => detect(history)), ...found.flat()]);
}

const worstFirst = (findings: readonly RunFinding[]): RunFinding[] =>
  findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));

/** Several detectors ask for the same steps: each is read once. */
function remembering<T>(read: (step: number) => Promise<T>): (step: number) => Promise<T> {
  const known = new Map<number, Promise<T>>();
  return (step) => {
    const found = known.get(step) ?? read(step);
    known.set(step, found);
    return found;
  };
}
