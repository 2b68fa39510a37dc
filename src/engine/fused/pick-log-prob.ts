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

// A one-hot matrix is as large as the logits themselves, so the fused kernels index instead.

const pickOp = fusedOp<Record<string, never>>({
  name: 'PickLogProb',
  compose: ({ logits, ids }) => sum(mul(logSoftmax(logits!), oneHotLike(logits!, ids!)), 1),
  saves: ['logits', 'ids'],
  gradient: (dy, { logits, ids }) => ({
    logits: () => pickGradientOp({ logits: logits!, ids: ids!, dy }, {}),
    ids: () => {
      throw new Error('ids have no gradient');
    },
  }),
});

const pickGradientOp = fusedOp<Record<string, never>>({
  name: 'PickLogProbGradient',
  compose: ({ logits, ids, dy }) =>
    mul(expandDims(dy!, 1), sub(oneHotLike(logits!, ids!), softmax(logits as Tensor2D))),
  saves: [],
  gradient: () => {
    throw new Error('there is no second derivative of a log-probability');
  },
});

const entropyOp = fusedOp<Record<string, never>>({
  name: 'Entropy',
  compose: ({ logits }) => neg(sum(mul(softmax(logits as Tensor2D), logSoftmax(logits!)), 1)),
  saves: ['logits'],
  gradient: (dy, { logits }) => ({
    logits: () => {
      const probabilities = softmax(logits as Tensor2D);
      const logProbs = logSoftmax(logits as Tensor2D);
      const negEntropy = sum(mul(probabilities, logProbs), 1, true);
      return mul(mul(probabilities, sub(negEntropy, logProbs)), expandDims(dy, 1));
    },
  }),
});

const oneHotLike = (logits: Tensor, ids: Tensor): Tensor => oneHot(ids as Tensor1D, logits.shape[1]!, 1, 0, 'float32');

/** log softmax(logits)[n, ids[n]]: the log-probability of one class per row. logits [N, classes], ids int32 [N] → [N]. */
export const pickLogProb = (logits: Tensor2D, ids: Tensor1D): Tensor1D => pickOp({ logits, ids }, {}) as Tensor1D;

/** Entropy of softmax(logits) per row, in nats: [N, classes] → [N]. */
export const entropy = (logits: Tensor2D): Tensor1D => entropyOp({ logits }, {}) as Tensor1D;
