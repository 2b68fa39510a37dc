import { mul, ones, reshape, sigmoid, split, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { rmsNorm } from '../../engine/fused/rms-norm.ts';
import { rotate } from '../../engine/fused/rotary.ts';
import type { Attention } from '../config.ts';
import type { MixerContext } from './mixing.ts';

/** Self-attention of x [tokens, hiddenSize], which is normed. */
export function selfAttention(
  mixer: Attention,
  x: Tensor,
  { layer, operations: { norm, project }, positions, mixing, keysAndValues }: MixerContext,
): Tensor2D {
  const { heads, kvHeads, headDim, qkNorm, rotary, queryRotary = rotary, sharedFrom, valueNorm } = mixer;
  const tokens = x.shape[0]!;
  const byHead = (projected: Tensor, count: number) => reshape(projected, [tokens, count, headDim]);
  const placed = (projected: Tensor, count: number, module: string, rotary: string | undefined) => {
    const all = qkNorm === 'all' ? norm(projected, module) : projected;
    const perHead = byHead(all, count);
    const normed = qkNorm === 'head' ? norm(perHead, module) : perHead;
    return rotary === undefined ? normed : rotate(normed, positions.of, positions.tables[rotary]!);
  };

  const queriesOf = (projected: Tensor) => placed(projected, heads, 'self_attn.q_norm', queryRotary); // [tokens, heads, headDim]
  if (sharedFrom !== undefined) {
    const queries = queriesOf(project(x, 'self_attn.q_proj'));
    return project(mixing.attend(layer, mixer, { queries, ...keysAndValues[sharedFrom]! }), 'self_attn.o_proj');
  }

  const qkv = project(x, 'self_attn.qkv_proj'); // [tokens, (heads + 2 · kvHeads) · headDim], with a gate beside each query or without
  const ofQueries = (mixer.gated ? 2 : 1) * heads * headDim;
  const ofKeys = kvHeads * headDim;
  const widths = [ofQueries, ofKeys, ...(mixer.keysAsValues ? [] : [ofKeys])];
  const [wide, k, v = k] = split(qkv, widths, 1) as [Tensor, Tensor, Tensor | undefined];
  const [q, gate] = mixer.gated
    ? (split(reshape(wide, [tokens, heads, 2 * headDim]), 2, 2) as [Tensor, Tensor])
    : [wide];
  const queries = queriesOf(q);
  const keys = placed(k, kvHeads, 'self_attn.k_norm', rotary); // [tokens, kvHeads, headDim]
  const values = byHead(v, kvHeads);
  const normed = valueNorm === undefined ? values : rmsNorm(values, ones([headDim]), valueNorm);
  keysAndValues[layer] = { keys, values: normed };
  const attended = mixing.attend(layer, mixer, { queries, keys, values: normed });
  const gated = gate ? mul(attended, sigmoid(reshape(gate, [tokens, heads * headDim]))) : attended;
  return project(gated, 'self_attn.o_proj'); // [tokens, hiddenSize]
}
