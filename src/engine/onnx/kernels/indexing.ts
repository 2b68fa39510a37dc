import { backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { cast } from './elementwise.ts';
import { fillLike, reshape } from './shape.ts';

/** The same numbers as int64, which ONNX wants for most indices. */
function asInt64(indices: TensorInfo): string {
  return backend.graph.node('Cast', [backend.value(indices)], { to: 7 });
}

register<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims: number }>(
  'GatherV2',
  ({ x, indices }, { axis, batchDims }) => {
    if (batchDims) throw new Error('the onnx backend has no gather with batch dimensions: flatten them into the index');
    const [along = 0] = util.parseAxisParam(axis, x.shape);
    const shape = [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)];
    return backend.record('Gather', [x, indices], { shape, dtype: x.dtype }, { axis: along });
  },
);

register<{ x: TensorInfo; indices: TensorInfo }>('GatherRows', ({ x, indices }) =>
  backend.record('Gather', [x, indices], { shape: [indices.shape[0]!, ...x.shape.slice(1)], dtype: x.dtype }),
);
register<{ x: TensorInfo; indices: TensorInfo; dy: TensorInfo }>('GatherRowsGradient', ({ x, indices, dy }) => {
  const column = asInt64(reshape(indices, [indices.shape[0]!, 1]));
  return backend.record('ScatterND', [fillLike(x, 0), column, dy], x, { reduction: 'add' });
});

register<{ params: TensorInfo; indices: TensorInfo }>('GatherNd', ({ params, indices }) => {
  const [shape] = backend_util.prepareAndValidate(params as never, indices as never);
  return backend.record('GatherND', [backend.value(params), asInt64(indices)], { shape, dtype: params.dtype });
});

/** Adds `updates` into zeros at `indices` [..., depth]. */
function scatterAdd(indices: TensorInfo, updates: TensorInfo, shape: number[]): TensorInfo {
  const { dtype } = updates;
  const zero = backend.value(backend.constant([0], [], dtype));
  const zeros = backend.graph.node('Expand', [zero, backend.graph.ints(shape)]);
  return backend.record(
    'ScatterND',
    [zeros, asInt64(indices), backend.value(updates)],
    { shape, dtype },
    { reduction: 'add' },
  );
}

register<{ indices: TensorInfo; updates: TensorInfo }, { shape: number[] }>(
  'ScatterNd',
  ({ indices, updates }, { shape }) => scatterAdd(indices, updates, shape),
);
register<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
  'UnsortedSegmentSum',
  ({ x, segmentIds }, { numSegments }) => {
    const rest = x.shape.slice(segmentIds.shape.length);
    return scatterAdd(reshape(segmentIds, [...segmentIds.shape, 1]), x, [numSegments, ...rest]);
  },
);

register<{ indices: TensorInfo }, { depth: number; onValue: number; offValue: number; dtype: DataType }>(
  'OneHot',
  ({ indices }, { depth, onValue, offValue, dtype }) => {
    // ONNX Runtime has no OneHot of int32 values: float32 first.
    const values = backend.value(backend.constant([offValue, onValue], [2], 'float32'));
    const output = { shape: [...indices.shape, depth], dtype: 'float32' as const };
    return cast(backend.record('OneHot', [asInt64(indices), backend.graph.ints([depth]), values], output), dtype);
  },
);
