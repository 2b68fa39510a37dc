import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Numbers on the host in row-major order, `bool` as 0 and 1; or, as a `DeviceArray`, on a device. Only those may be float16. int8 and
 * uint8 are for quantized matrices alone, uint16 for tables of bit patterns: see `fused/quantized-matmul.ts` and `fused/half-rows.ts`.
 */
export interface NdArray {
  dtype: 'float32' | 'float16' | 'int32' | 'int8' | 'uint8' | 'uint16' | 'bool';
  shape: number[];
  data: Float32Array | Int32Array | Int8Array | Uint8Array | Uint16Array;
  /**
   * Sizes, by axis, that may differ from run to run of one graph. Equal names are equal sizes; each name of a product is also the size of
   * some input's axis.
   */
  open?: readonly (OpenSize | undefined)[];
  /** A program allocated its memory for it alone: `Engine.release` frees it. */
  computed?: true;
  /** Its numbers never change, so that a graph may have a copy of them: see `CompileOptions.packsFrozen`. */
  frozen?: true;
}

/** Numbers on a device. The engine that made it takes it as an input, and `download` copies it to the host. */
export class DeviceArray implements NdArray {
  readonly dtype: NdArray['dtype'];
  readonly shape: number[];
  readonly open?: readonly (OpenSize | undefined)[];
  /** The engine's own reference to it. */
  readonly handle: unknown;

  constructor({ dtype, shape, open }: Omit<NdArray, 'data'>, handle: unknown) {
    this.dtype = dtype;
    this.shape = shape;
    if (open) this.open = open;
    this.handle = handle;
  }

  get data(): never {
    throw new Error('this array is on the device: download it first');
  }
}

/** The same array with some of its sizes left open. */
export function leaveOpen(array: NdArray, open: NonNullable<NdArray['open']>): NdArray {
  return array instanceof DeviceArray ? new DeviceArray({ ...array, open }, array.handle) : { ...array, open };
}

/** A size that graphs may leave open: a name that the program chooses, or several, whose sizes are multiplied. */
export type OpenSize = string | readonly string[];

/** Inputs and outputs of programs: tensors by name, nested to any depth. */
export type TensorTree = { [name: string]: Tensor | TensorTree };
export type ArrayTree = { [name: string]: NdArray | ArrayTree };
/** The arrays of a tree of tensors. */
export type ArraysOf<T> = { [K in keyof T]: NonNullable<T[K]> extends Tensor ? NdArray : ArraysOf<T[K]> };

export function floats(data: Float32Array | number[], shape: number[] = [data.length]): NdArray {
  return { dtype: 'float32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

export function ints(data: Int32Array | number[], shape: number[] = [data.length]): NdArray {
  return { dtype: 'int32', shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
}

export const scalar = (value: number): NdArray => floats([value], []);

const isNdArray = (node: NdArray | ArrayTree): node is NdArray => Array.isArray((node as NdArray).shape);

/** The leaves of a tree with their paths, `params/norm.weight`. */
export function leaves(tree: ArrayTree, prefix = ''): [path: string, leaf: NdArray][] {
  return Object.entries(tree).flatMap(([name, node]) =>
    isNdArray(node) ? [[prefix + name, node] as [string, NdArray]] : leaves(node, `${prefix}${name}/`),
  );
}

export function tensorLeaves(tree: TensorTree, prefix = ''): [path: string, leaf: Tensor][] {
  return Object.entries(tree).flatMap(([name, node]) =>
    isTensor(node) ? [[prefix + name, node] as [string, Tensor]] : tensorLeaves(node, `${prefix}${name}/`),
  );
}

/** Rebuilds a tree from leaves with paths, the inverse of `leaves`. */
export function treeOf<Leaf>(entries: Iterable<readonly [path: string, leaf: Leaf]>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [path, leaf] of entries) {
    const names = path.split('/');
    let node = tree;
    for (const name of names.slice(0, -1)) {
      node[name] ??= {};
      node = node[name] as Record<string, unknown>;
    }
    node[names.at(-1)!] = leaf;
  }
  return tree;
}

function isTensor(node: Tensor | TensorTree): node is Tensor {
  return typeof (node as Tensor).dtype === 'string' && (node as Tensor).dataId !== undefined;
}

/** `float32[2,3]`, `int32[rows]`, `int32[rows*columns]`: what a compiled graph depends on. */
export const signature = ({ dtype, shape, open }: Omit<NdArray, 'data'>): string =>
  `${dtype}[${shape.map((size, axis) => (open?.[axis] ? [open[axis]].flat().join('*') : size))}]`;
