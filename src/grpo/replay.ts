/** Learning once more from what an earlier policy sampled: off-policy, and so weighted (truncated importance sampling). */

/**
 * How much a completion counts that was sampled in an earlier step: how much more likely its tokens are under the policy at the start of this step
 * than they were then, by the geometric mean of their ratios, and at most `maxWeight`.
 *
 * `now`, `then`: log-probabilities of its tokens, in nats; `mask`: 1 on those that count in the loss.
 */
export function replayWeight(
  now: ArrayLike<number>,
  then: ArrayLike<number>,
  mask: ArrayLike<number>,
  maxWeight: number,
): number {
  let [difference, tokens] = [0, 0];
  for (let token = 0; token < mask.length; token++) {
    if (mask[token] === 0) continue;
    difference += now[token]! - then[token]!;
    tokens++;
  }
  return Math.min(Math.exp(difference / Math.max(tokens, 1)), maxWeight);
}

/** Every loss is proportional to advantages of one sign: a weight of the completion's loss is one of its advantages. */
export const weighted = (advantage: number | ArrayLike<number>, weight: number): number | ArrayLike<number> =>
  typeof advantage === 'number' ? weight * advantage : Array.from(advantage, (each) => weight * each);
