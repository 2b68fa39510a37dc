import { add, mul, reshape, slice, split, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { ShortConvolution } from '../config.ts';
import type { MixerContext } from './mixing.ts';

/**
 * LFM2's gated short convolution of x [tokens, hiddenSize], which is normed.
 *
 * Source: transformers, `Lfm2ShortConv`.
 */
export function shortConvolution(
  { width }: ShortConvolution,
  x: Tensor,
  { layer, operations: { project, tensor }, mixing }: MixerContext,
): Tensor2D {
  const [b, c, value] = split(project(x, 'conv.in_proj'), 3, 1) as [Tensor2D, Tensor2D, Tensor2D];
  const gated: Tensor2D = mul(b, value);
  const taps = [...mixing.before(layer, gated, width - 1), gated];
  const convolved = causalConvolution(taps, tensor('conv.conv.weight')!, tensor('conv.conv.bias'));
  return project(mul(c, convolved), 'conv.out_proj'); // [tokens, hiddenSize]
}

/** Each channel's own filter [channels, 1, width] over the rows that `taps` has for each token, the oldest first: [tokens, channels]. */
export function causalConvolution(taps: readonly Tensor2D[], weight: Tensor, bias: Tensor | undefined): Tensor2D {
  const [channels] = weight.shape as [number];
  const filtered = taps.map((rows, tap) =>
    mul(rows, reshape(slice(weight, [0, 0, tap], [channels, 1, 1]), [channels])),
  );
  const sum = filtered.reduce((total, one) => add(total, one));
  return (bias ? add(sum, bias) : sum) as Tensor2D;
}
