import type { GgufForm, GgufOrder } from '../architectures/architecture.ts';
import type { ModelConfig } from '../config.ts';
import type { Module } from '../module.ts';
import { modulesOf } from '../modules.ts';
import { ownTensors } from '../parameters.ts';

/** The name of the norms' epsilon, without that of the architecture, where they are RMS norms. */
export const RMS_EPSILON = 'attention.layer_norm_rms_epsilon';

/** Where a .gguf file has one of transformers' tensors, and in what form. */
export interface InGguf {
  /** llama.cpp's tensors that have its rows, one after another: one in most cases. */
  parts: readonly { name: string; shape: readonly number[] }[];
  /** llama.cpp has no axis for the one channel that each filter of a convolution sees, the second one in transformers. */
  isConvolution: boolean;
  /** It is float32 in all files, as llama.cpp wants vectors, convolutions and the embeddings of positions. */
  isFloat32: boolean;
  order: GgufOrder | undefined;
  /** What each value is changed to when it is written, and changed back to. */
  value: { written(value: number): number; read(value: number): number } | undefined;
}

/** All tensors of a model by transformers' names, as a file of this form has them. */
export function tensorsInGguf(form: GgufForm, config: ModelConfig): Map<string, InGguf> {
  const found = new Map<string, InGguf>();
  for (const module of modulesOf(config)) {
    for (const [kind, shape] of ownTensors(module, config)) {
      const names = namesOf(module, kind, form);
      if (!names) continue;
      found.set(`${module.name}.${kind}`, {
        parts: names.map((name) => ({ name, shape: partShape(module, shape, names.length) })),
        isConvolution: module.kind === 'convolution',
        isFloat32: shape.length === 1 || module.kind === 'convolution' || module.kind === 'position-embedding',
        order: form.order?.(module, shape, config),
        value: changeOf(module, kind, config),
      });
    }
  }
  return found;
}

/** What follows the name of a module that has tensors of its own: the biases and the decay of a gated delta net, and a layer's number. */
const PARAMETERS: Readonly<Record<string, string>> = { dt_bias: '_dt.bias', A_log: '_a', layer_scalar: '.weight' };

function namesOf(module: Module, kind: string, { names }: GgufForm): string[] | undefined {
  const [, block, own] = /^(blk\.\d+\.)?(.*)$/.exec(module.gguf ?? '')!;
  if (!own) return undefined;
  const ending = module.kind === 'parameters' ? PARAMETERS[kind]! : `.${kind}`;
  return [names?.[own] ?? own].flat().map((name) => `${block ?? ''}${name}${ending}`);
}

function partShape(module: Module, shape: readonly number[], parts: number): number[] {
  const [rows, ...others] = shape as [number, ...number[]];
  return [rows / parts, ...(module.kind === 'convolution' ? others.slice(1) : others)];
}

/** The shape that transformers has for a tensor, from those of its parts in a file. */
export function wholeShape({ isConvolution }: InGguf, parts: readonly (readonly number[])[]): number[] {
  const [first] = parts as [readonly [number, ...number[]]];
  const rows = parts.reduce((sum, shape) => sum + shape[0]!, 0);
  return [rows, ...(isConvolution && first.length === 2 ? [1] : []), ...first.slice(1)];
}

function changeOf(module: Module, kind: string, { rmsNormOffset: offset }: ModelConfig): InGguf['value'] {
  // llama.cpp keeps what a norm multiplies with.
  if (module.kind === 'norm' && !module.isWhole && offset !== 0)
    return { written: (own) => own + offset, read: (own) => own - offset };
  // And what a step's decay is multiplied with.
  if (kind === 'A_log') return { written: (own) => -Math.exp(own), read: (own) => Math.log(-own) };
  return undefined;
}

/** Values in llama.cpp's form, in place. */
export function toGguf(values: Float32Array, { value, order }: InGguf): Float32Array {
  if (value) change(values, value.written);
  return order ? reorder(values, order.size, order.place) : values;
}

/** Values in transformers' form, in place. */
export function fromGguf(values: Float32Array, { value, order }: InGguf): Float32Array {
  if (value) change(values, value.read);
  return order ? reorder(values, order.size, inverse(order, values.length / order.size)) : values;
}

/** The same for blocks of so many values and bytes; undefined where the values of a block part company, or are others. */
export function blocksFromGguf(
  { value, order }: InGguf,
  { values, bytes }: { values: number; bytes: number },
): ((blocks: Uint8Array) => Uint8Array) | undefined {
  if (value || (order && order.size % values !== 0)) return undefined;
  if (!order) return (blocks) => blocks;
  const size = (order.size / values) * bytes;
  return (blocks) => reorder(blocks, size, inverse(order, blocks.length / size));
}

function change(values: Float32Array, to: (value: number) => number): void {
  for (let at = 0; at < values.length; at++) values[at] = to(values[at]!);
}

function inverse({ place }: GgufOrder, count: number): (index: number) => number {
  const origins = new Uint32Array(count);
  for (let index = 0; index < count; index++) origins[place(index)] = index;
  return (index) => origins[index]!;
}

/** Moves each run of `size` values to where `place` says, in place: along the cycles of the permutation, so that only two runs are held. */
function reorder<T extends Float32Array | Uint8Array>(values: T, size: number, place: (index: number) => number): T {
  const count = values.length / size;
  const isMoved = new Uint8Array(count);
  const run = (index: number) => values.subarray(index * size, (index + 1) * size);
  let [carried, next] = [values.slice(0, size), values.slice(0, size)];
  for (let first = 0; first < count; first++) {
    if (isMoved[first]) continue;
    carried.set(run(first));
    let at = first;
    do {
      at = place(at);
      next.set(run(at));
      run(at).set(carried);
      isMoved[at] = 1;
      [carried, next] = [next, carried];
    } while (at !== first);
  }
  return values;
}
