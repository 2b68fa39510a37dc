import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { reshape } from './shape.ts';

register<{ x: TensorInfo; weight: TensorInfo }, { epsilon: number }>('RmsNorm', ({ x, weight }, { epsilon }) =>
  backend.record('SimplifiedLayerNormalization', [x, weight], x, {
    axis: -1,
    epsilon: { float: epsilon },
    stash_type: 1,
  }),
);

const asColumn = (x: TensorInfo) => reshape(x, [x.shape[0]!, 1]);
// ONNX Runtime computes equal nodes once, so that several kernels may ask for it.
const logSoftmax = (logits: TensorInfo) => backend.record('LogSoftmax', [logits], logits, { axis: 1 });

register<{ logits: TensorInfo; ids: TensorInfo }>('PickLogProb', ({ logits, ids }) => {
  const column = asColumn(ids);
  const output = { shape: column.shape, dtype: 'float32' as const };
  const picked = backend.record('GatherElements', [logSoftmax(logits), column], output, { axis: 1 });
  return reshape(picked, ids.shape);
});

/** dy · (one-hot − softmax), written as −dy · softmax with dy added at the picked tokens. */
register<{ logits: TensorInfo; ids: TensorInfo; dy: TensorInfo }>('PickLogProbGradient', ({ logits, ids, dy }) => {
  const column = asColumn(dy);
  const probabilities = backend.record('Softmax', [logits], logits, { axis: 1 });
  const spread = backend.record('Mul', [probabilities, backend.record('Neg', [column], column)], logits);
  return backend.record('ScatterElements', [spread, asColumn(ids), column], logits, { axis: 1, reduction: 'add' });
});

register<{ logits: TensorInfo }>('Entropy', ({ logits }) => {
  const logProbs = logSoftmax(logits);
  const terms = backend.record('Mul', [backend.record('Exp', [logProbs], logits), logProbs], logits);
  const output = { shape: [logits.shape[0]!], dtype: 'float32' as const };
  const sums = backend.record('ReduceSum', [backend.value(terms), backend.graph.ints([1])], output, { keepdims: 0 });
  return backend.record('Neg', [sums], sums);
});
