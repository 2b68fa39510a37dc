import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend } from '../backend.ts';

/** By a transposed matrix, what it was transposed from. */
const originals = new WeakMap<TensorInfo['dataId'], TensorInfo>();

/**
 * A matrix transposed, [m, n] → [n, m]. Kernels that can work on the original get it from `transposedFrom`; if nothing else uses the
 * result, it is never computed.
 */
export function transpose(x: TensorInfo): TensorInfo {
  const [rows, columns] = x.shape as [number, number];
  const result = backend.record('Transpose', [x], { shape: [columns, rows], dtype: x.dtype }, { perm: [1, 0] });
  originals.set(result.dataId, x);
  return result;
}

/** The matrix of which x is the `transpose`, if it is one. */
export const transposedFrom = (x: TensorInfo): TensorInfo | undefined => originals.get(x.dataId);

/** x with its last two axes swapped, [..., m, n] → [..., n, m]. */
export function swapLastAxes(x: TensorInfo): TensorInfo {
  const last = x.shape.length - 1;
  const perm = x.shape.map((_, axis) => axis);
  perm.splice(last - 1, 2, last, last - 1);
  const shape = perm.map((axis) => x.shape[axis]!);
  return backend.record('Transpose', [x], { shape, dtype: x.dtype }, { perm });
}
