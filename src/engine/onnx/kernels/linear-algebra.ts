import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { swapLastAxes, transpose, transposedFrom } from './transpose.ts';

/**
 * Up to so many rows, a · bᵀ with a much larger b is faster as (b · aᵀ)ᵀ: ONNX Runtime packs the second operand of a product again on
 * each run, and that should be the smaller one.
 */
const FEW_ROWS = 64;

/**
 * a · b over the last two axes, either one transposed first. ONNX Runtime's FusedMatMul transposes while it multiplies; a
 * plain MatMul remains where nothing is transposed.
 */
export function product(
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
): TensorInfo {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const output = { shape: [...batch, rows, columns], dtype: a.dtype };
  const flags = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  if (backend.graph.provider === 'webgpu') {
    // It has no FusedMatMul. A Gemm transposes while it multiplies, but takes matrices only.
    if (batch.length === 0) return backend.record('Gemm', [a, b], output, flags);
    return backend.record('MatMul', [transposeA ? swapLastAxes(a) : a, transposeB ? swapLastAxes(b) : b], output);
  }
  if (!transposeA && !transposeB) return backend.record('MatMul', [a, b], output);
  const atMost = backend.graph.openSizes.isSmall(rows) ? FEW_ROWS : rows;
  if (!transposeA && batch.length === 0 && atMost <= FEW_ROWS && columns >= 4 * atMost)
    return transpose(swappedProduct(a, b, { shape: [columns, rows], dtype: a.dtype }));
  return backend.record('FusedMatMul', [a, b], output, flags, 'com.microsoft');
}

register<{ a: TensorInfo; b: TensorInfo }, { transposeA: boolean; transposeB: boolean }>(
  'BatchMatMul',
  ({ a, b }, flags) => product(a, b, flags),
);

/** b · aᵀ, [columns, rows], for a [rows, inner] and b [columns, inner]. */
function swappedProduct(a: TensorInfo, b: TensorInfo, output: Pick<TensorInfo, 'shape' | 'dtype'>): TensorInfo {
  const original = transposedFrom(a);
  return original
    ? backend.record('MatMul', [b, original], output)
    : backend.record('FusedMatMul', [b, a], output, { transA: 0, transB: 1 }, 'com.microsoft');
}
