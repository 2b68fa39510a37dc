import {
  add,
  concat,
  div,
  matMul,
  mul,
  ones,
  pad,
  slice,
  sqrt,
  sum,
  type Tensor,
  type Tensor2D,
  transpose,
} from '@tensorflow/tfjs-core';
import { stopGradient } from '../../grpo/stop-gradient.ts';
import type { ModelConfig } from '../config.ts';
import { adaptedModules } from '../lora-targets.ts';
import type { LinearModule } from '../module.ts';
import { embeddingName, HEAD, PER_LAYER_EMBEDDING } from '../modules.ts';
import { productsOf } from '../packing.ts';
import type { Parameters } from './decoder.ts';

/**
 * The parameters with the adapters of packed projections stacked as well: all A on top of one another, and all B along a diagonal, so that
 * each sees its own A only. The scale is multiplied into B, and DoRA's lengths become a factor for each output, `lora_factor`, so that no other
 * code needs to know about them. Done once at the start of a program, outside its loops.
 */
export function packAdapters(params: Parameters, config: ModelConfig): Parameters {
  const { lora } = config;
  if (!lora) return params;
  const packed = { ...params };
  const adapted = adaptedModules(config);
  for (const [module, { scale }] of adapted) {
    for (const kind of ['lora_B.weight', 'lora_embedding_B']) {
      const name = `${module}.${kind}`;
      if (params[name]) packed[name] = mul(params[name], scale);
    }
  }
  for (const [name, members] of productsOf(config)) {
    if (members.length > 1) stack(packed, name, members);
    else setFactor(packed, name);
  }
  setFactor(packed, HEAD, packed[`${config.tieEmbeddings ? embeddingName(config) : HEAD}.weight`]);
  for (const name of [embeddingName(config), PER_LAYER_EMBEDDING]) packEmbedding(packed, name);
  return packed;
}

/** Stacks, in place, the adapters of projections that are packed into one. Those without an adapter get zeros. */
function stack(params: Parameters, stacked: string, members: LinearModule[]): void {
  const projections = members.map(({ name }) => name);
  const rows = members.map(({ outputs }) => outputs);
  const rowsOf = (some: number[]) => some.reduce((sum, count) => sum + count, 0);
  const downs: Tensor[] = [];
  const ups: Tensor[] = [];
  for (const [index, name] of projections.entries()) {
    const [a, b] = [`${name}.lora_A.weight`, `${name}.lora_B.weight`];
    if (!params[a] || !params[b]) continue;
    downs.push(params[a]);
    const around: [number, number] = [rowsOf(rows.slice(0, index)), rowsOf(rows.slice(index + 1))];
    ups.push(pad(params[b], [around, [0, 0]])); // [all outputs, r]
    delete params[a];
    delete params[b];
  }
  if (downs.length === 0) return;
  params[`${stacked}.lora_A.weight`] = concat(downs, 0); // [sum of r, in]
  params[`${stacked}.lora_B.weight`] = concat(ups, 1); // [all outputs, sum of r]

  const magnitudes = projections.map((name) => params[`${name}.lora_magnitude_vector`]);
  if (magnitudes.every((magnitude) => magnitude === undefined)) return;
  const lengths = adaptedLengths(params, stacked, params[`${stacked}.weight`]!);
  const factors = magnitudes.map((magnitude, index) => {
    if (!magnitude) return ones([rows[index]!]);
    return div(magnitude, slice(lengths, [rowsOf(rows.slice(0, index))], [rows[index]!]));
  });
  params[`${stacked}.lora_factor`] = concat(factors, 0);
}

function setFactor(params: Parameters, name: string, weight: Tensor | undefined = params[`${name}.weight`]): void {
  const magnitude = params[`${name}.lora_magnitude_vector`];
  if (magnitude) params[`${name}.lora_factor`] = div(magnitude, adaptedLengths(params, name, weight!));
}

/** An embedding's A as a table to look tokens up in, [vocabulary, r]; with DoRA a factor for each hidden unit. */
function packEmbedding(params: Parameters, name: string): void {
  const [a, b] = [params[`${name}.lora_embedding_A`], params[`${name}.lora_embedding_B`]];
  if (!a || !b) return;
  params[`${name}.lora_embedding_A`] = transpose(a);
  const magnitude = params[`${name}.lora_magnitude_vector`];
  if (!magnitude) return;
  const lengths = lengthsOf(transpose(params[`${name}.weight`]!), a, b);
  params[`${name}.lora_factor`] = div(magnitude, lengths);
}

const adaptedLengths = (params: Parameters, name: string, weight: Tensor): Tensor =>
  lengthsOf(weight, params[`${name}.lora_A.weight`]!, params[`${name}.lora_B.weight`]!);

/**
 * The lengths of the rows of W + B·A, [out], without that matrix: |w + b·A|² = |w|² + 2 b·(A·w) + b·(A·Aᵀ)·bᵀ. No gradient flows through them
 * (section 4.3 of the DoRA paper).
 */
function lengthsOf(weight: Tensor, a: Tensor, b: Tensor): Tensor {
  const [w, down, up] = [weight, a, b].map((tensor) => stopGradient(tensor)) as [Tensor2D, Tensor2D, Tensor2D];
  const own = sum(mul(w, w), 1); // [out]
  const mixed = sum(mul(up, matMul(w, down, false, true)), 1); // b · (A·w): [out, r] → [out]
  const gram = matMul(down, down, false, true); // A·Aᵀ: [r, r]
  const added = sum(mul(up, matMul(up, gram)), 1); // [out]
  return sqrt(add(add(own, mul(mixed, 2)), added));
}
