import type { Tensor } from '@tensorflow/tfjs-core';
import type { ArraysOf, ArrayTree, NdArray, TensorTree } from './tree.ts';

/** A TensorFlow.js program: a pure function of tensors, which may take gradients inside. */
export type Program<I, O> = (inputs: I) => O;

/** A program ready to run; compiled once per shape of its inputs. */
export interface Compiled<I, O> {
  /**
   * Inputs may be on the host or on the engine's device. On the CPU, outputs are written `into` the arrays that are given for them: also inputs, if no
   * operation reads them after the output is written.
   */
  run(inputs: ArraysOf<I>, into?: Into<O>): Promise<ArraysOf<O>>;
  /** Frees the compiled graphs. */
  dispose(): Promise<void>;
}

/** Arrays for some of a program's outputs. */
export type Into<O> = { [K in keyof O]?: O[K] extends Tensor ? NdArray : Into<O[K]> };

export interface CompileOptions<O> {
  /**
   * Outputs that stay on the device, each a tensor or a tree of them: the caller frees them with `release`. The others are copied to the
   * host, where `release` frees them earlier than the garbage collector would.
   */
  resident?: readonly (keyof O & string)[];
  /** Outputs that stay float16 if they were computed in float16; the others are cast to float32. */
  halves?: readonly (keyof O & string)[];
  /** Open sizes that stay small, by tens: products with so few rows may be compiled in another way. */
  smallSizes?: readonly string[];
  /** Each graph packs frozen matrices for its products once, into a copy of its own. */
  packsFrozen?: boolean;
  /** At most this many shapes stay compiled: each holds on to the memory of its largest run, so the least recently used one is dropped. */
  maxGraphs?: number;
}

/** Where programs run. */
export interface Engine {
  /** The name of the device. */
  readonly name: string;
  /** Steps that one run of a program's `loop` may take. If it is 1, keep the loop's state on the device (`resident`). */
  readonly stepsPerRun: number;
  /** Whether programs accept float16 inputs (`toHalf`); operations that support float16 then compute in it. */
  readonly half: boolean;
  /** `name` identifies the program in error messages. */
  compile<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    options?: CompileOptions<O>,
  ): Compiled<I, O>;
  /** Copies arrays to the device; on the CPU, returns them as they are. */
  upload<T extends ArrayTree>(arrays: T): Promise<T>;
  /** Copies arrays to the host. Those already there are returned as they are: releasing them releases the originals. */
  download<T extends ArrayTree>(arrays: T): Promise<T>;
  /** Float16 copies on the device of float32 arrays on either side. Needs `half`. */
  toHalf<T extends ArrayTree>(arrays: T): Promise<T>;
  /** Frees outputs of programs and arrays on the device, and ignores others. Nothing may use the arrays afterwards. */
  release(arrays: ArrayTree): void;
  /** How many graphs have been compiled so far. */
  readonly compilations: number;
}
