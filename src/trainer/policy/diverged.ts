import type { Experience } from '../../grpo/trajectory.ts';
import { RunFailure } from '../../protocol/errors.ts';
import { type Remedy, remedyWords } from '../../protocol/remedy.ts';
import type { RunConfig } from '../../protocol/run-config.ts';

/**
 * What is left of a policy whose numbers are not finite: `good`, that of the step before, which may be saved; `moved`, no longer that;
 * `lost`, it computed NaN when it was sampled, and so did what was saved of it.
 */
export type PolicyLeft = 'good' | 'moved' | 'lost';

/** A step's numbers are not finite: training on would turn every weight into NaN. */
export class Diverged extends RunFailure {
  override name = 'Diverged';
  readonly policy: PolicyLeft;

  constructor(message: string, policy: PolicyLeft) {
    super(message);
    this.policy = policy;
  }
}

/** The end of a run that diverged: `message` says what happened, `remedy` how to continue. */
export const divergence = (message: string, remedy: Remedy): RunFailure =>
  new RunFailure(`${message} ${remedyWords(remedy)}`, { kind: 'diverged', remedy });

/** Of a policy that computes NaN when it is sampled, after this many updates. */
export function lostPolicy(updates: number, config: Settings & Pick<RunConfig, 'learningRate'>): Diverged {
  const what = 'gives log-probabilities that are not finite';
  const message =
    updates === 0
      ? `The start model ${what}: its weights are damaged, or too large to compute with; take another model.`
      : `The policy has diverged and ${what}: ${smallerSteps(config.learningRate, config)}`;
  return new Diverged(message, 'lost');
}

/** What is known when an update stops. */
export interface UpdateFigures {
  /** The sum over all micro-batches. */
  loss: number;
  /** The gradient's norm. */
  norm: number;
  /** The loss's sums over tokens; that of entropies is finite as long as the policy's log-probabilities are. */
  sums: { entropy?: number; kl?: number };
  /** The largest advantage without its sign. */
  largestAdvantage: number;
  learningRate: number;
  /** An earlier pass over the same rollout has been applied. */
  applied: boolean;
}

/** From here on squares and sums over a batch come near the end of float32's range (3.4e38). */
const LARGE_ADVANTAGE = 1e12;

type Settings = Pick<RunConfig, 'maxGradNorm' | 'beta'>;

/** The largest of advantages, one per completion or per token, without its sign; NaN where one is. */
export function largest(advantages: readonly Experience['advantage'][]): number {
  let most = 0;
  for (const advantage of advantages)
    for (const value of typeof advantage === 'number' ? [advantage] : Array.from(advantage))
      most = Math.max(most, Math.abs(value));
  return most;
}

/** Throws before an update that would not be finite is applied. */
export function checkUpdate(figures: UpdateFigures, config: Settings): void {
  const { loss, norm, sums, applied } = figures;
  if (Number.isFinite(loss) && Number.isFinite(norm)) return;
  const what = Number.isFinite(loss) ? 'The gradient' : 'The loss';
  const policy = !applied && Number.isFinite(sums.entropy ?? 0) ? 'good' : 'moved';
  throw new Diverged(`${what} is not finite: ${causeOf(figures, config)}`, policy);
}

/** Throws when an update has taken the weights out of range. `squares` is the sum of their squares. */
export function checkWeights(squares: number, learningRate: number, config: Settings): void {
  if (Number.isFinite(squares)) return;
  const message = `The update took the weights out of the range of float32: ${smallerSteps(learningRate, config)}`;
  throw new Diverged(message, 'moved');
}

function causeOf({ sums, largestAdvantage, learningRate }: UpdateFigures, config: Settings): string {
  // Weights near the largest number of all make sums infinite, and their difference is no number.
  const advantage = Number.isNaN(largestAdvantage)
    ? 'rewards are too large to compare'
    : `an advantage is as large as ${largestAdvantage.toPrecision(2)}`;
  if (!(largestAdvantage <= LARGE_ADVANTAGE))
    return `${advantage}; let reward functions give smaller scores, or their weights be smaller.`;
  if (Number.isFinite(sums.entropy ?? 0) && config.beta !== 0 && !Number.isFinite(sums.kl ?? 0))
    return `the policy is too far from the reference policy for its KL divergence; ${smallerSteps(learningRate, config)}`;
  return `the policy has diverged; ${smallerSteps(learningRate, config)}`;
}

/** What to do about a policy that has diverged. */
export function smallerSteps(learningRate: number, { maxGradNorm }: Settings): string {
  const clip = maxGradNorm === 0 ? ', and set "maxGradNorm", which is 0 (TRL: 1)' : '';
  return `make "learningRate" (here ${learningRate.toPrecision(2)}) smaller${clip}.`;
}
