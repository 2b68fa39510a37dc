import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { ONNX_TYPES } from '../values.ts';
import { cast } from './elementwise.ts';
import { expandLike, fill, fillLike, reshape } from './shape.ts';

/** The same numbers as int64, the type of most indices in ONNX. */
function asInt64(indices: TensorInfo): string {
  return backend.graph.node('Cast', [backend.value(indices)], { to: ONNX_TYPES.int64 });
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
register<{ x: TensorInfo; indices: TensorInfo; dy: TensorInfo }>('GatherRowsGradient', ({ x, indices, dy }) =>
  addRows(fillLike(x, 0), indices, dy),
);
register<{ bits: TensorInfo; values: TensorInfo; indices: TensorInfo }>('HalfRows', ({ bits, values, indices }) => {
  const { graph } = backend;
  const rows = graph.node('Gather', [backend.value(bits), backend.value(indices)]);
  const patterns = graph.node('Cast', [rows], { to: ONNX_TYPES.int32 });
  const shape = [indices.shape[0]!, bits.shape[1]!];
  return backend.record('Gather', [values, patterns], { shape, dtype: 'float32' });
});
register<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
  'UnsortedSegmentSum',
  ({ x, segmentIds }, { numSegments }) => addRows(fill([numSegments, ...x.shape.slice(1)], 0, x.dtype), segmentIds, x),
);

/**
 * Adds each row of `rows` [m, ...] to the row of `onto` [n, ...] that its index names (`indices` [m]); several may name the same. Not a `ScatterND`: on the CPU, ONNX Runtime
 * splits its rows among threads that overwrite each other's sums (https://github.com/microsoft/onnxruntime/issues/18048).
 */
function addRows(onto: TensorInfo, indices: TensorInfo, rows: TensorInfo): TensorInfo {
  const column = reshape(indices, [indices.shape[0]!, ...rows.shape.slice(1).map(() => 1)]); // [m, 1, ...]
  const places = expandLike(column, rows); // [m, ...]
  return backend.record('ScatterElements', [onto, places, rows], onto, { axis: 0, reduction: 'add' });
}

register<{ indices: TensorInfo }, { depth: number; onValue: number; offValue: number; dtype: DataType }>(
  'OneHot',
  ({ indices }, { depth, onValue, offValue, dtype }) => {
    // ONNX Runtime has no OneHot of int32 values: float32 first.
    const values = backend.value(backend.constant([offValue, onValue], [2], 'float32'));
    const output = { shape: [...indices.shape, depth], dtype: 'float32' as const };
    return cast(backend.record('OneHot', [asInt64(indices), backend.graph.ints([depth]), values], output), dtype);
  },
);
