import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { lyingSideways, upright } from './sideways.ts';

/**
 * A product of a few rows with a large transposed matrix (a decoding step's) is faster the other way round: ONNX Runtime lays its second
 * operand out anew on each run, and weights are the larger one.
 */
const FEW_ROWS = 64;

/**
 * a · b over the last two axes, either one transposed first. ONNX Runtime's FusedMatMul transposes while it multiplies; a
 * plain MatMul is left where nothing is transposed.
 */
register<{ a: TensorInfo; b: TensorInfo }, { transposeA: boolean; transposeB: boolean }>(
  'BatchMatMul',
  ({ a, b }, { transposeA, transposeB }) => {
    const rows = a.shape.at(transposeA ? -1 : -2)!;
    const atMost = backend.graph.openSizes.isSmall(rows) ? FEW_ROWS : rows;
    const columns = b.shape.at(transposeB ? -2 : -1)!;
    const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const output = { shape: [...batch, rows, columns], dtype: a.dtype };
    if (backend.graph.provider === 'webgpu') {
      // It has no FusedMatMul. A Gemm transposes while it multiplies, but takes matrices only.
      if (batch.length === 0)
        return backend.record('Gemm', [a, b], output, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });
      return backend.record('MatMul', [transposeA ? turned(a) : a, transposeB ? turned(b) : b], output);
    }
    if (!transposeA && !transposeB) return backend.record('MatMul', [a, b], output);
    if (!transposeA && batch.length === 0 && atMost <= FEW_ROWS && columns >= 4 * atMost) {
      const product = { shape: [columns, rows], dtype: a.dtype };
      const sideways = lyingSideways(a);
      if (sideways) return upright(backend.record('MatMul', [b, sideways], product));
      return upright(backend.record('FusedMatMul', [b, a], product, { transA: 0, transB: 1 }, 'com.microsoft'));
    }
    const flags = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return backend.record('FusedMatMul', [a, b], output, flags, 'com.microsoft');
  },
);

/** The last two axes the other way round. */
function turned(x: TensorInfo): TensorInfo {
  const last = x.shape.length - 1;
  const perm = x.shape.map((_, axis) => axis);
  perm.splice(last - 1, 2, last, last - 1);
  const shape = perm.map((axis) => x.shape[axis]!);
  return backend.record('Transpose', [x], { shape, dtype: x.dtype }, { perm });
}
