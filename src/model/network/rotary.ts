import { tensor2d } from '@tensorflow/tfjs-core';
import type { RotaryTables } from '../../engine/fused/rotary.ts';
import { floats, leaveOpen, type NdArray } from '../../engine/tree.ts';
import type { ModelConfig } from '../config.ts';
import type { RopeScaling } from './rope-scaling.ts';

/**
 * The model's tables for positions 0 … `positions` - 1, which may differ from run to run of a graph. They are computed here because angles
 * are rounded to float32 where transformers rounds them, and devices differ in their cosines.
 */
export function rotaryArrays(config: ModelConfig, positions: number): Record<keyof RotaryTables, NdArray> {
  const frequencies = rotaryFrequencies(config).map(Math.fround);
  const angles = new Float32Array(positions * frequencies.length);
  for (let i = 0; i < angles.length; i++) {
    angles[i] = Math.floor(i / frequencies.length) * frequencies[i % frequencies.length]!;
  }
  const table = (of: (angle: number) => number) =>
    leaveOpen(floats(angles.map(of), [positions, frequencies.length]), ['positions']);
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** The same as constants of a program. */
export function rotaryTables(config: ModelConfig, positions: number): RotaryTables {
  const { cos, sin } = rotaryArrays(config, positions);
  const constant = ({ data }: NdArray) => tensor2d(data, [positions, config.headDim / 2]);
  return { cos: constant(cos), sin: constant(sin) };
}

/** Radians per position for each pair of features, [headDim / 2]. */
function rotaryFrequencies({ headDim, ropeTheta, ropeScaling }: ModelConfig): number[] {
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
