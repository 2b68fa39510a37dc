import type { ArraysOf, ArrayTree, TensorTree } from './tree.ts';

/** A TensorFlow.js program: a pure function of tensors, which may take gradients inside. */
export type Program<I, O> = (inputs: I) => O;

/** A program ready to run; compiled once per shape of its inputs. */
export interface Compiled<I, O> {
  /** Inputs may lie on the host or on the engine's device. */
  run(inputs: ArraysOf<I>): Promise<ArraysOf<O>>;
  /** Frees the compiled graphs. */
  dispose(): Promise<void>;
}

export interface CompileOptions<O> {
  /**
   * Outputs that stay on the device, each a tensor or a tree of them: the caller frees them with `release`. The others come to the host,
   * where `release` frees them earlier than the garbage collector would.
   */
  resident?: readonly (keyof O & string)[];
  /** Outputs that may stay float16 where they were computed so; the others are float32. */
  halves?: readonly (keyof O & string)[];
  /** Open sizes that stay small, by tens: products with so few rows may be compiled in another way. */
  smallSizes?: readonly string[];
  /** At most this many shapes stay compiled: each holds on to the memory of its largest run, so the least recently used one is dropped. */
  maxGraphs?: number;
}

/** Where programs run. */
export interface Engine {
  /** The device, as a run config names it. */
  readonly name: string;
  /** Steps that one run of a program's `loop` may take: where it is 1, what the loop carries had better stay on the device. */
  readonly stepsPerRun: number;
  /** Whether programs may be given float16 (`toHalf`), and then compute in it what bears it. */
  readonly half: boolean;
  /** `name` says in errors which program failed. */
  compile<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    options?: CompileOptions<O>,
  ): Compiled<I, O>;
  /** Copies arrays to where programs run. On the CPU they are there already. */
  upload<T extends ArrayTree>(arrays: T): Promise<T>;
  /** Copies arrays to the host. Those that are there already are given back as they are, and released with their originals. */
  download<T extends ArrayTree>(arrays: T): Promise<T>;
  /** Float16 copies on the device, of arrays that may lie there. An engine with `half` can. */
  toHalf<T extends ArrayTree>(arrays: T): Promise<T>;
  /** Frees what programs gave, and what lies on the device; other arrays are left alone. Nothing may use the arrays afterwards. */
  release(arrays: ArrayTree): void;
  /** How many graphs were compiled so far. */
  readonly compilations: number;
}
