/** What follows a prompt: what the policy wrote, and between its turns what others did, which it reads and does not learn from. */

/** Tokens of one author. */
export interface Segment {
  ids: number[];
  /** Whether the policy drew these tokens, and so learns from them. */
  trained: boolean;
  /** Log-probability of each token when it was drawn, in nats; undefined where that is not known. */
  logProbs?: number[] | undefined;
}

export interface Trajectory {
  segments: Segment[];
  /** It was cut off before its end. */
  truncated: boolean;
}

/** A trajectory to learn from, as tokens: `mask` and a list of advantages have a number for each of `completionIds`. */
export interface Experience {
  promptIds: number[];
  completionIds: number[];
  /** 1 on tokens that count in the loss, 0 on others. */
  mask: ArrayLike<number>;
  /** One for all tokens, or one per token: the same kind throughout a rollout. */
  advantage: number | ArrayLike<number>;
  /** Log-probability of each of `completionIds` when it was drawn, where the loss asks for it: of all completions of a rollout, or of none. */
  sampledLogProbs?: ArrayLike<number> | undefined;
  /** It was sampled in an earlier step: log-probability of each of `completionIds` then. */
  replayed?: { logProbs: ArrayLike<number> } | undefined;
  /** It is half of a pair that the policy is to prefer one of: which pair, and which half. */
  preference?: { pair: number; chosen: boolean } | undefined;
}

/** All tokens after the prompt. */
export const completionIds = ({ segments }: Trajectory): number[] =>
  segments.length === 1 ? segments[0]!.ids : segments.flatMap(({ ids }) => ids);

/** How many tokens the policy drew: what TRL counts as a completion's length. */
export const trainedLength = ({ segments }: Trajectory): number =>
  segments.reduce((sum, { ids, trained }) => sum + (trained ? ids.length : 0), 0);

/** For each token after the prompt: 1 if the policy drew it, else 0. */
export const trainedMask = ({ segments }: Trajectory): number[] =>
  segments.flatMap(({ ids, trained }) => Array<number>(ids.length).fill(trained ? 1 : 0));

/** Log-probability of each token after the prompt, null where the policy did not draw it; undefined unless all others are known and finite. */
export function sampledLogProbs({ segments }: Trajectory): (number | null)[] | undefined {
  const known = segments.every(({ trained, logProbs }) => !trained || logProbs?.every(Number.isFinite));
  if (!known) return undefined;
  return segments.flatMap(({ ids, trained, logProbs }) => (trained ? logProbs! : ids.map(() => null)));
}

/** From a number for each token that the policy drew to one for each token after the prompt, 0 on the others. */
export function onAllTokens(trajectory: Trajectory, perTrained: ArrayLike<number>): ArrayLike<number> {
  if (trajectory.segments.every(({ trained }) => trained)) return perTrained;
  let next = 0;
  return trainedMask(trajectory).map((trained) => (trained ? perTrained[next++]! : 0));
}
