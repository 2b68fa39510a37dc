/** How often a step moves the policy. */
export interface PassOptions {
  numIterations: number;
  numMiniBatches: number;
  /** Of a replayed group: the step that sampled it. */
  replayedFrom?: number | undefined;
}

/** Whether a step learns from completions after the policy that sampled them has been moved. */
export const isMoved = ({ numIterations, numMiniBatches, replayedFrom }: PassOptions): boolean =>
  numIterations * numMiniBatches > 1 || replayedFrom !== undefined;

/** How much more each weighs where an update learns from some of them. */
export const miniBatchSentence = ({ numMiniBatches }: Pick<PassOptions, 'numMiniBatches'>): string[] =>
  numMiniBatches === 1
    ? []
    : [
        `Each of the ${numMiniBatches} mini-batches (\`numMiniBatches\`) has an update of its own: in it, a completion weighs ${numMiniBatches} times as much.`,
      ];
