import {
  add,
  cast,
  concat,
  cos,
  expandDims,
  mul,
  outerProduct,
  sin,
  split,
  sub,
  type Tensor,
  type Tensor1D,
  tensor1d,
} from '@tensorflow/tfjs-core';
import type { ModelConfig, RopeScaling } from './config.ts';

/** cos and sin of each position's angles, [tokens, 1, headDim / 2]: the middle axis broadcasts over heads. */
export interface RotaryTables {
  cos: Tensor;
  sin: Tensor;
}

/** Angles per position for positions [tokens] (int32 or float32). Source: Su et al. 2021, arXiv:2104.09864. */
export function rotaryTables(config: ModelConfig, positions: Tensor1D): RotaryTables {
  const frequencies = tensor1d(rotaryFrequencies(config), 'float32');
  const angles = expandDims(outerProduct(cast(positions, 'float32'), frequencies), 1);
  return { cos: cos(angles), sin: sin(angles) };
}

/** Rotates x [tokens, heads, headDim]; as in Hugging Face models, feature i pairs with feature i + headDim / 2. */
export function rotate(x: Tensor, tables: RotaryTables): Tensor {
  const [a, b] = split(x, 2, -1) as [Tensor, Tensor];
  return concat([sub(mul(a, tables.cos), mul(b, tables.sin)), add(mul(b, tables.cos), mul(a, tables.sin))], -1);
}

/** Radians per position for each pair of features, [headDim / 2]. */
export function rotaryFrequencies({ headDim, ropeTheta, ropeScaling }: ModelConfig): number[] {
  return Array.from({ length: headDim / 2 }, (_, pair) =>
    scaleFrequency(ropeTheta ** ((-2 * pair) / headDim), ropeScaling),
  );
}

/**
 * Llama 3.1's stretch: wavelengths longer than the original context are slowed by `factor`, short ones stay, those between are blended.
 * Source: transformers, `_compute_llama3_parameters`.
 */
function scaleFrequency(frequency: number, scaling: RopeScaling): number {
  if (scaling.type === 'none') return frequency;
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;
  if (wavelength > originalMaxPositionEmbeddings / lowFreqFactor) return frequency / factor;
  const smooth = (originalMaxPositionEmbeddings / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
