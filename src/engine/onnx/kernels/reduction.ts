import { backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { ONNX_TYPES } from '../values.ts';
import { cast } from './elementwise.ts';

type Axes = number | number[];

/**
 * Sums over several axes are taken over the last axis first: on the CPU, ONNX Runtime uses few accumulators for each result, and their
 * rounding makes a sum of 28 million numbers (the squares of an embedding's gradient) wrong by 0.2 %.
 */
const IN_PARTS = ['ReduceSum', 'ReduceMean'];

function reduce(op: string, x: TensorInfo, axes: Axes, keepDims: boolean, dtype: DataType = x.dtype): TensorInfo {
  const reduced = util.parseAxisParam(axes, x.shape);
  const [kept] = backend_util.computeOutAndReduceShapes(x.shape, reduced);
  const shape = keepDims ? backend_util.expandShapeToKeepDim(kept, reduced) : kept;
  const last = Math.max(...reduced);
  if (reduced.length > 1 && IN_PARTS.includes(op)) {
    const others = reduced.filter((axis) => axis !== last);
    return reduce(op, reduce(op, x, last, keepDims), others, keepDims);
  }
  // To ONNX no axes (a scalar) mean all axes, which is the same.
  const operands = [backend.value(x), backend.graph.ints(reduced)];
  return backend.record(op, operands, { shape, dtype }, { keepdims: keepDims ? 1 : 0 });
}

for (const [kernel, op] of Object.entries({ Sum: 'ReduceSum', Mean: 'ReduceMean', Prod: 'ReduceProd' })) {
  register<{ x: TensorInfo }, { axis: Axes; keepDims: boolean }>(kernel, ({ x }, { axis, keepDims }) =>
    reduce(op, x.dtype === 'bool' ? cast(x, 'int32') : x, axis, keepDims),
  );
}
register<{ x: TensorInfo }, { axis: Axes; keepDims: boolean }>('Min', ({ x }, { axis, keepDims }) =>
  reduce('ReduceMin', x, axis, keepDims),
);
register<{ x: TensorInfo }, { reductionIndices: Axes; keepDims: boolean }>('Max', ({ x }, attributes) =>
  reduce('ReduceMax', x, attributes.reductionIndices, attributes.keepDims),
);
/** All and Any over an axis: the minimum or the maximum of the flags as integers. */
for (const [kernel, op] of Object.entries({ All: 'ReduceMin', Any: 'ReduceMax' })) {
  register<{ x: TensorInfo }, { axis: Axes; keepDims: boolean }>(kernel, ({ x }, { axis, keepDims }) =>
    cast(reduce(op, cast(x, 'int32'), axis, keepDims), 'bool'),
  );
}

register<{ x: TensorInfo }, { axis: number }>('ArgMax', ({ x }, { axis }) => {
  const [onlyAxis = 0] = util.parseAxisParam(axis, x.shape);
  const shape = x.shape.filter((_, index) => index !== onlyAxis);
  const index = backend.graph.node('ArgMax', [backend.value(x)], { axis: onlyAxis, keepdims: 0 });
  return backend.record('Cast', [index], { shape, dtype: 'int32' }, { to: ONNX_TYPES.int32 });
});

register<{ x: TensorInfo }, { k: number }>('TopK', ({ x }, { k }) => {
  const shape = [...x.shape.slice(0, -1), k];
  // tfjs always sorts; ONNX's indices are int64.
  const [values, indices] = backend.graph.multi('TopK', [backend.value(x), backend.graph.ints([k])], 2) as [
    string,
    string,
  ];
  return [
    backend.tensorInfo(values, shape, x.dtype),
    backend.record('Cast', [indices], { shape, dtype: 'int32' }, { to: ONNX_TYPES.int32 }),
  ];
});

register<{ logits: TensorInfo }, { dim: number }>('Softmax', ({ logits }, { dim }) =>
  backend.record('Softmax', [logits], logits, { axis: dim }),
);

register<{ x: TensorInfo }, { axis: number; exclusive: boolean; reverse: boolean }>(
  'Cumsum',
  ({ x }, { axis, exclusive, reverse }) =>
    backend.record('CumSum', [backend.value(x), backend.graph.ints([axis])], x, {
      exclusive: exclusive ? 1 : 0,
      reverse: reverse ? 1 : 0,
    }),
);
