import { tensor2d } from '@tensorflow/tfjs-core';
import type { RotaryTables } from '../../engine/fused/rotary.ts';
import { floats, leaveOpen, type NdArray } from '../../engine/tree.ts';
import type { ModelConfig, Rotary, RotaryScaling } from '../config.ts';

type RotaryArrays = Record<keyof RotaryTables, NdArray>;

/**
 * The model's tables, by name, for positions 0 … `positions` - 1, which may differ from run to run of a graph. They are computed here because
 * angles are rounded to float32 where transformers rounds them, and devices differ in their cosines.
 */
export const rotaryArrays = (config: ModelConfig, positions: number): Record<string, RotaryArrays> =>
  mapTables(config, (rotary) => arraysOf(rotary, positions));

/** The same as constants of a program. */
export const rotaryTables = (config: ModelConfig, positions: number): Record<string, RotaryTables> =>
  mapTables(config, (rotary) => {
    const { cos, sin } = arraysOf(rotary, positions);
    const constant = ({ data, shape }: NdArray) => tensor2d(data as Float32Array, shape as [number, number]);
    return { cos: constant(cos), sin: constant(sin) };
  });

const mapTables = <T>({ rotary }: ModelConfig, each: (rotary: Rotary) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(rotary).map(([name, table]) => [name, each(table)]));

/** cos and sin of the angles, [positions, width / 2]. */
function arraysOf(rotary: Rotary, positions: number): RotaryArrays {
  const frequencies = frequenciesOf(rotary).map(Math.fround);
  const angles = new Float32Array(positions * frequencies.length);
  for (let i = 0; i < angles.length; i++) {
    angles[i] = Math.floor(i / frequencies.length) * frequencies[i % frequencies.length]!;
  }
  const table = (of: (angle: number) => number) =>
    leaveOpen(floats(angles.map(of), [positions, frequencies.length]), ['positions']);
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** Radians per position for each pair of features, [width / 2]. */
const frequenciesOf = ({ width, theta, scaling }: Rotary): number[] =>
  Array.from({ length: width / 2 }, (_, pair) => scaleFrequency(theta ** ((-2 * pair) / width), scaling));

/**
 * Llama 3.1's stretch: wavelengths longer than the original context are slowed by `factor`, short ones stay, those between are blended.
 * Source: transformers, `_compute_llama3_parameters`.
 */
function scaleFrequency(frequency: number, scaling: RotaryScaling): number {
  if (scaling.type === 'none') return frequency;
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;
  if (wavelength > originalMaxPositionEmbeddings / lowFreqFactor) return frequency / factor;
  const smooth = (originalMaxPositionEmbeddings / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
