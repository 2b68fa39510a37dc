/** How often a step moves the policy. */
export interface PassOptions {
  numIterations: number;
  numMiniBatches: number;
}

/** Whether a step learns from its completions after it has moved the policy that sampled them. */
export const isMoved = ({ numIterations, numMiniBatches }: PassOptions): boolean => numIterations * numMiniBatches > 1;

/** How much more each weighs where an update learns from some of them. */
export const miniBatchSentence = ({ numMiniBatches }: Pick<PassOptions, 'numMiniBatches'>): string[] =>
  numMiniBatches === 1
    ? []
    : [
        `Each of the ${numMiniBatches} mini-batches (\`numMiniBatches\`) has an update of its own: in it, a completion weighs ${numMiniBatches} times as much.`,
      ];
