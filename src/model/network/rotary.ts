import { tensor2d } from '@tensorflow/tfjs-core';
import type { RotaryTables } from '../../engine/fused/rotary.ts';
import { floats, leaveOpen, type NdArray } from '../../engine/tree.ts';
import type { ModelConfig, Rotary } from '../config.ts';
import { frequenciesOf } from './rotary-frequencies.ts';

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

/** cos and sin of the angles, [positions, width / 2], times what scores are scaled by. */
function arraysOf(rotary: Rotary, positions: number): RotaryArrays {
  const frequencies = frequenciesOf(rotary).map(Math.fround);
  const pairs = frequencies.length;
  const scales = Array.from({ length: positions }, (_, position) => scaleAt(rotary, position));
  const table = (of: (angle: number) => number) => {
    const values = new Float32Array(positions * pairs);
    for (let i = 0; i < values.length; i++) {
      const position = Math.floor(i / pairs);
      values[i] = scales[position]! * of(Math.fround(position * frequencies[i % pairs]!));
    }
    return leaveOpen(floats(values, [positions, pairs]), ['positions']);
  };
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

const scaleAt = ({ attentionFactor, growth }: Rotary, position: number): number =>
  growth ? attentionFactor * (1 + growth.rate * Math.log(1 + Math.floor(position / growth.every))) : attentionFactor;
