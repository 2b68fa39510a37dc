import {
  add,
  exp,
  mul,
  neg,
  reshape,
  sigmoid,
  softplus,
  split,
  type Tensor,
  type Tensor2D,
  tile,
} from '@tensorflow/tfjs-core';
import { rmsNorm } from '../../engine/fused/rms-norm.ts';
import { convolvedWidth, type GatedDeltaNet } from '../config.ts';
import { normalized } from './delta-rule.ts';
import type { MixerContext } from './mixing.ts';
import { causalConvolution } from './short-convolution.ts';

/**
 * A gated delta net (arXiv:2412.06464) of x [tokens, hiddenSize], which is normed.
 *
 * Source: transformers, `Qwen3_5GatedDeltaNet`.
 */
export function deltaNet(
  mixer: GatedDeltaNet,
  x: Tensor,
  { layer, operations: { project, tensor }, mixing }: MixerContext,
): Tensor2D {
  const { keyHeads, valueHeads, keyWidth, valueWidth, width, normEps } = mixer;
  const tokens = x.shape[0]!;
  const [keySize, valueSize] = [keyHeads * keyWidth, valueHeads * valueWidth];
  const projected = project(x, 'linear_attn.in_proj');
  const sizes = [convolvedWidth(mixer), valueSize, valueHeads, valueHeads];
  const [mixed, gate, b, a] = split(projected, sizes, 1) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
  const earlier = width > 1 ? mixing.before(layer, mixed, width - 1) : [];
  const convolved = silu(causalConvolution([...earlier, mixed], tensor('linear_attn.conv1d.weight')!, undefined));
  const [queries, keys, values] = split(convolved, [keySize, keySize, valueSize], 1) as [Tensor, Tensor, Tensor];
  // Each key head serves as many value heads, one after another.
  const perValue = (all: Tensor) =>
    reshape(tile(reshape(all, [tokens, keyHeads, 1, keyWidth]), [1, 1, valueHeads / keyHeads, 1]), [
      tokens,
      valueHeads,
      keyWidth,
    ]);
  const inputs = normalized({
    queries: perValue(queries),
    keys: perValue(keys),
    values: reshape(values, [tokens, valueHeads, valueWidth]),
    decay: neg(mul(exp(tensor('linear_attn.A_log')!), softplus(add(a, tensor('linear_attn.dt_bias')!)))),
    beta: sigmoid(b),
  });
  const read = mixing.deltaRule(layer, mixer, inputs); // [tokens, valueHeads, valueWidth]
  const normed = reshape(rmsNorm(read, tensor('linear_attn.norm.weight')!, normEps), [tokens, valueSize]);
  return project(mul(normed, silu(gate)), 'linear_attn.out_proj'); // [tokens, hiddenSize]
}

const silu = <T extends Tensor>(x: T): T => mul(x, sigmoid(x));
