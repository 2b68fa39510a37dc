import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { RotaryTables } from '../../engine/fused/rotary.ts';
import type { Attention, GatedDeltaNet } from '../config.ts';
import type { DeltaInputs } from './delta-rule.ts';

/** Keys and values [tokens, kvHeads, headDim], the keys rotated to their positions. */
export interface KeysAndValues {
  keys: Tensor;
  values: Tensor;
}

/** And queries [tokens, heads, headDim], which are rotated too. */
export interface HeadProjections extends KeysAndValues {
  queries: Tensor;
}

/** Attention of one layer, whose keys and values may be those of an earlier one. Gives [tokens, heads · headDim]. */
export type Attend = (layer: number, mixer: Attention, heads: HeadProjections) => Tensor2D;

/** How tokens see one another: the one thing that differs between training, prefill and decoding. */
export interface Mixing {
  attend: Attend;
  /**
   * Of each token, the `count` rows of x [tokens, channels] before its own in its sequence, the oldest first: `count` tensors like x. Before the
   * start of a sequence they are 0.
   */
  before(layer: number, x: Tensor2D, count: number): Tensor2D[];
  /** What each token reads, [tokens, heads, width], by the gated delta rule of its sequence. */
  deltaRule(layer: number, mixer: GatedDeltaNet, inputs: DeltaInputs): Tensor;
}

/** Where tokens are in their rows. */
export interface Positions {
  /** int32 [tokens]. */
  of: Tensor1D;
  /** For all of these positions, by their names in the model's description. */
  tables: Record<string, RotaryTables>;
}

/** The operations of a layer that have weights, by Llama's names of its modules where it has them. */
export interface LayerOperations {
  /** As it is where there is no such norm. */
  norm<T extends Tensor>(x: T, module: string | undefined): T;
  project(x: Tensor, module: string): Tensor2D;
  /** A tensor of the layer; undefined where there is none. */
  tensor(name: string): Tensor | undefined;
}

/** What a layer's mixer is computed with. */
export interface MixerContext {
  layer: number;
  operations: LayerOperations;
  positions: Positions;
  mixing: Mixing;
  /** By their layers: those of the layers before, which some attend to again; a layer adds its own. */
  keysAndValues: Record<number, KeysAndValues>;
}
