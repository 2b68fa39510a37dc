/**
 * Projections of one input are packed into one matrix, such as `qkv_proj` and `gate_up_proj`: fewer, larger products are faster. Only files
 * have them separately.
 */
import { floats } from '../engine/tree.ts';
import type { ModelConfig } from './config.ts';
import type { LinearModule } from './module.ts';
import { modulesOf } from './modules.ts';
import { parameterShapes } from './parameters.ts';
import { sizeOf } from './shape.ts';
import type { Weights } from './weights-tree.ts';

/** The layers' matrix products: by the name of each, the linear modules that are packed into it, first to last; many are of one. */
export function productsOf(config: ModelConfig): Map<string, LinearModule[]> {
  const products = new Map<string, LinearModule[]>();
  for (const module of modulesOf(config)) {
    if (module.kind !== 'linear') continue;
    const name = module.pack ?? module.name;
    products.set(name, [...(products.get(name) ?? []), module]);
  }
  return products;
}

/** Where a model's tensors are in packed weights. */
export class Packing {
  readonly #shapes: Map<string, number[]>;
  /** By the name of each tensor of a linear layer: that of the whole, and its members. */
  readonly #packs = new Map<string, { name: string; members: string[] }>();

  constructor(config: ModelConfig) {
    this.#shapes = parameterShapes(config);
    for (const [product, modules] of productsOf(config)) {
      for (const kind of ['weight', 'bias']) {
        const members = modules.map(({ name }) => `${name}.${kind}`).filter((name) => this.#shapes.has(name));
        for (const member of members) this.#packs.set(member, { name: `${product}.${kind}`, members });
      }
    }
  }

  /** Where the values of the tensor of this Hugging Face name go in packed weights, which get room for them. */
  placeIn(weights: Weights, name: string): Float32Array {
    const { into, rows, start, shape } = this.rowsOf(name);
    const rest = shape.slice(1);
    weights[into] ??= floats(new Float32Array(rows * sizeOf(rest)), [rows, ...rest]);
    const from = start * sizeOf(rest);
    return (weights[into]!.data as Float32Array).subarray(from, from + sizeOf(shape));
  }

  /** What a tensor is packed into, which has `rows`, and the first of them that is its own. */
  rowsOf(name: string): { into: string; rows: number; start: number; shape: number[] } {
    const { name: into, members } = this.#packs.get(name) ?? { name, members: [name] };
    const rows = this.#rowsOf(members);
    const start = this.#rowsOf(members.slice(0, members.indexOf(name)));
    return { into, rows, start, shape: this.#shapes.get(name)! };
  }

  /** The tensors by their Hugging Face names, in the model's order, as views of packed ones. What is not packed comes as it is. */
  unpack(weights: Weights): Weights {
    const starts = new Map<string, number>();
    const unpacked: Weights = {};
    for (const [name, shape] of this.#shapes) {
      const from = this.#packs.get(name)?.name ?? name;
      const packed = weights[from];
      if (!packed) continue;
      const start = starts.get(from) ?? 0;
      const end = start + sizeOf(shape);
      unpacked[name] = floats((packed.data as Float32Array).subarray(start, end), shape);
      starts.set(from, end);
    }
    return unpacked;
  }

  #rowsOf(names: string[]): number {
    return names.reduce((sum, name) => sum + this.#shapes.get(name)![0]!, 0);
  }
}
