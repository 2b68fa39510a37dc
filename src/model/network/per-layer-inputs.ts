import { add, mul, reshape, split, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { gelu } from '../../engine/gelu.ts';
import type { ModelConfig } from '../config.ts';
import type { LayerOperations } from './mixing.ts';

/** What per-layer inputs are made of, each [tokens, layers · width]. */
interface Parts {
  /** The tokens' own embeddings. */
  embedded: Tensor2D;
  /** Projected from the embeddings that go into the first layer. */
  projected: Tensor2D;
  /** Of [tokens, layers, width], over the last axis. */
  norm(x: Tensor): Tensor;
}

/**
 * What each layer is told of each token, [tokens, width] each.
 *
 * Source: `project_per_layer_inputs` in transformers' modeling_gemma4.py.
 */
export function perLayerInputs(
  { perLayerInputs, layers, hiddenSize }: ModelConfig,
  { embedded, projected, norm }: Parts,
): Tensor2D[] {
  const { width } = perLayerInputs!;
  const [tokens, all] = embedded.shape;
  const normed = norm(reshape(mul(projected, 1 / Math.sqrt(hiddenSize)), [tokens, layers.length, width]));
  const both = add(reshape(normed, [tokens, all]), mul(embedded, Math.sqrt(width)));
  return split(mul(both, Math.SQRT1_2), layers.length, 1) as Tensor2D[];
}

/** The end of a layer, which takes its input [tokens, width] into x [tokens, hiddenSize]. */
export function withInput({ project, norm }: LayerOperations, x: Tensor2D, input: Tensor2D): Tensor2D {
  const gated = mul(gelu(project(x, 'per_layer_input_gate')), input);
  return add(x, norm(project(gated, 'per_layer_projection'), 'post_per_layer_input_norm'));
}
