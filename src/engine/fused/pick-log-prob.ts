import {
  expandDims,
  logSoftmax,
  mul,
  neg,
  oneHot,
  softmax,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';

const pickOp = fusedOp<Record<string, never>>({
  name: 'PickLogProb',
  compose: ({ logits, ids }) => sum(mul(logSoftmax(logits!), oneHot(ids!, logits!.shape[1]!, 1, 0, 'float32')), 1),
  saves: ['logits', 'ids'],
  gradient: (dy, { logits, ids }) => ({
    logits: () =>
      mul(expandDims(dy, 1), sub(oneHot(ids!, logits!.shape[1]!, 1, 0, 'float32'), softmax(logits as Tensor2D))),
    ids: () => {
      throw new Error('token ids have no gradient');
    },
  }),
});

/** log softmax(logits)[n, ids[n]]: the log-probability of one token per row. logits [N, vocabulary], ids int32 [N] → [N]. */
export const pickLogProb = (logits: Tensor2D, ids: Tensor1D): Tensor1D => pickOp({ logits, ids }, {}) as Tensor1D;

/** Entropy of softmax(logits) per row, in nats: [N, vocabulary] → [N]. */
export function entropy(logits: Tensor2D): Tensor1D {
  const logProbs: Tensor = logSoftmax(logits);
  return neg(sum(mul(softmax(logits), logProbs), 1)) as Tensor1D;
}
