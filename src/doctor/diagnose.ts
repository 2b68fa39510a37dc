import type { RunFinding } from '../protocol/run-finding.ts';
import { drownedRewards } from './drowned-rewards.ts';
import { entropyCollapse } from './entropy-collapse.ts';
import { failingRewards } from './failing-rewards.ts';
import { gradientSpike } from './gradient.ts';
import { grpoSteps } from './grpo-steps.ts';
import { heldOutStory } from './held-out-story.ts';
import { klRunaway } from './kl-runaway.ts';
import { leakedPrompts } from './leaked-prompts.ts';
import { lowLearningRate } from './learning-rate.ts';
import { lengthChange } from './length-change.ts';
import { neverClips } from './never-clips.ts';
import { noSignal } from './no-signal.ts';
import { notFinite } from './not-finite.ts';
import { oneStory } from './one-story.ts';
import { plateau } from './plateau.ts';
import { repeatedPrompts } from './repeated-prompts.ts';
import { repetition } from './repetition.ts';
import type { CompletionDetector, CompletionsOf, EvaluatedOf, MetricDetector, RunHistory } from './run-history.ts';
import { sameAnswers } from './same-answers.ts';
import { silentRewards } from './silent-rewards.ts';
import { slowRewards } from './slow-rewards.ts';
import { tradedFunctions } from './traded-functions.ts';
import { trickCompletions } from './trick-completions.ts';
import { truncation } from './truncation.ts';
import { worstFirst } from './worst-first.ts';

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
  slowRewards,
];
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

/** What the curves of a run show, each thing as a finding of its own; the worst first. */
export function diagnoseMetrics(history: RunHistory): RunFinding[] {
  const steps = grpoSteps(history);
  return steps ? worstFirst(METRIC_DETECTORS.flatMap((detect) => detect(steps))) : [];
}

/** What the curves and the completions of a run show, a finding for each story; the worst first. */
export async function diagnose(
  history: RunHistory,
  completionsOf: CompletionsOf,
  evaluatedOf: EvaluatedOf = async () => [],
): Promise<RunFinding[]> {
  const [completions, evaluated] = [remembering(completionsOf), remembering(evaluatedOf)];
  const found = await Promise.all(COMPLETION_DETECTORS.map((detect) => detect(history, completions, evaluated)));
  return oneStory([...diagnoseMetrics(history), ...found.flat()]);
}

/** Without what is true of nearly every run: the curve's own words explain it. */
export const worthALook = (findings: readonly RunFinding[]): RunFinding[] =>
  findings.filter(({ kind }) => kind !== 'never-clips');

/** Several detectors ask for the same steps: each is read once. */
function remembering<T>(read: (step: number) => Promise<T>): (step: number) => Promise<T> {
  const known = new Map<number, Promise<T>>();
  return (step) => {
    const found = known.get(step) ?? read(step);
    known.set(step, found);
    return found;
  };
}
