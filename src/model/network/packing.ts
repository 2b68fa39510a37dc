/**
 * Projections of one input are kept stacked into one matrix, `qkv_proj` and `gate_up_proj`: fewer, larger products are faster. Only files
 * know them apart.
 */
import { floats } from '../../engine/tree.ts';
import { sizeOf } from '../shape.ts';
import type { Weights } from '../weights-tree.ts';

/** The projections that are stacked, first to last, by the name of the stack. */
export const PACKS: Record<string, string[]> = {
  qkv_proj: ['q_proj', 'k_proj', 'v_proj'],
  gate_up_proj: ['gate_proj', 'up_proj'],
};

/** What a tensor is kept in: the stack's name and its members, for a tensor that is stacked. */
function packOf(name: string): { name: string; members: string[] } | undefined {
  const [, block, projection, kind] = /^(.*\.)([a-z]+_proj)\.(weight|bias)$/.exec(name) ?? [];
  const pack = Object.entries(PACKS).find(([, members]) => members.includes(projection!));
  if (!pack) return undefined;
  const [into, members] = pack;
  return { name: `${block}${into}.${kind}`, members: members.map((member) => `${block}${member}.${kind}`) };
}

/** Where the values of the tensor of this Hugging Face name go in packed weights, which get room for them; `shapes` are those of all tensors. */
export function packedPlace(weights: Weights, shapes: ReadonlyMap<string, number[]>, name: string): Float32Array {
  const shape = shapes.get(name)!;
  const { name: into, members } = packOf(name) ?? { name, members: [name] };
  const rest = shape.slice(1);
  const whole = [rowsOf(members, shapes), ...rest];
  weights[into] ??= floats(new Float32Array(sizeOf(whole)), whole);
  const start = rowsOf(members.slice(0, members.indexOf(name)), shapes) * sizeOf(rest);
  return (weights[into]!.data as Float32Array).subarray(start, start + sizeOf(shape));
}

/** The tensors by their Hugging Face names, as views of packed ones; `shapes` are theirs. What is not packed comes as it is. */
export function unpackWeights(weights: Weights, shapes: ReadonlyMap<string, number[]>): Weights {
  const starts = new Map<string, number>();
  const unpacked: Weights = {};
  for (const [name, shape] of shapes) {
    const from = packOf(name)?.name ?? name;
    const packed = weights[from];
    if (!packed) continue;
    const start = starts.get(from) ?? 0;
    const end = start + sizeOf(shape);
    unpacked[name] = floats((packed.data as Float32Array).subarray(start, end), shape);
    starts.set(from, end);
  }
  return unpacked;
}

const rowsOf = (names: string[], shapes: ReadonlyMap<string, number[]>): number =>
  names.reduce((sum, name) => sum + shapes.get(name)![0]!, 0);
