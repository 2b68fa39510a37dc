import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend } from '../backend.ts';

/** What a matrix was transposed from. */
const sources = new WeakMap<TensorInfo['dataId'], TensorInfo>();

/** The matrix transposed. Who wants it as it was takes it from `lyingSideways`; if nobody else wants it, it is never transposed. */
export function upright(x: TensorInfo): TensorInfo {
  const [rows, columns] = x.shape as [number, number];
  const transposed = backend.record('Transpose', [x], { shape: [columns, rows], dtype: x.dtype }, { perm: [1, 0] });
  sources.set(transposed.dataId, x);
  return transposed;
}

/** The matrix that `upright` was given to make x of. */
export const lyingSideways = (x: TensorInfo): TensorInfo | undefined => sources.get(x.dataId);
