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

register<{ logits: TensorInfo; ids: TensorInfo }>('PickLogProb', ({ logits, ids }) => {
  const rows = ids.shape[0]!;
  const logProbs = backend.record('LogSoftmax', [logits], logits, { axis: 1 });
  const column = reshape(ids, [rows, 1]);
  const picked = backend.record(
    'GatherElements',
    [logProbs, column],
    { shape: [rows, 1], dtype: 'float32' },
    { axis: 1 },
  );
  return reshape(picked, [rows]);
});
