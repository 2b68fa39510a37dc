import { tensor2d } from '@tensorflow/tfjs-core';
import type { RotaryTables } from '../engine/fused/rotary.ts';
import type { ModelConfig } from './config.ts';
import type { RopeScaling } from './rope-scaling.ts';

/** The model's tables for positions 0 … `positions` - 1. Angles are rounded to float32 where transformers rounds them. */
export function rotaryTables(config: ModelConfig, positions: number): RotaryTables {
  const frequencies = rotaryFrequencies(config).map(Math.fround);
  const angles = Array.from({ length: positions }, (_, position) =>
    frequencies.map((frequency) => Math.fround(position * frequency)),
  );
  const shape: [number, number] = [positions, frequencies.length];
  return {
    cos: tensor2d(angles.flat().map(Math.cos), shape, 'float32'),
    sin: tensor2d(angles.flat().map(Math.sin), shape, 'float32'),
  };
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
