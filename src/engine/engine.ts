import type { ArraysOf, TensorTree } from './tree.ts';

/** A TensorFlow.js program: a pure function of tensors, which may take gradients inside. */
export type Program<I, O> = (inputs: I) => O;

/** A program ready to run on host arrays; compiled once per shape of its inputs. */
export interface Compiled<I, O> {
  run(inputs: ArraysOf<I>): Promise<ArraysOf<O>>;
  /** Frees the compiled graphs. */
  dispose(): Promise<void>;
}

/** Where programs run. */
export interface Engine {
  readonly name: string;
  /**
   * `name` says in errors which program failed. At most `maxGraphs` shapes stay compiled: each holds on to the memory of its
   * largest run, so the least recently used one is dropped.
   */
  compile<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    maxGraphs?: number,
  ): Compiled<I, O>;
  /** How many graphs were compiled so far. */
  readonly compilations: number;
}
