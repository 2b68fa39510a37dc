import { concat, mul, pad, type Tensor } from '@tensorflow/tfjs-core';
import type { LoraModule } from '../protocol/lora-config.ts';
import type { ModelConfig } from './config.ts';
import type { Parameters } from './decoder.ts';
import { PACKS } from './packing.ts';
import { parameterShapes } from './parameters.ts';

/**
 * A LoRA adapter: to the output W·x of a linear layer it adds scale · B·(A·x), with A [r, in] and B [out, r] narrow enough to be cheap. Names
 * are those of PEFT.
 *
 * Source: Hu et al. 2021, arXiv:2106.09685; `useRslora`: Kalajdzievski 2023, arXiv:2312.03732.
 */
export interface Lora {
  r: number;
  loraAlpha: number;
  targetModules: LoraModule[];
  useRslora: boolean;
}

export const loraScale = ({ r, loraAlpha, useRslora }: Lora): number => loraAlpha / (useRslora ? Math.sqrt(r) : r);

/**
 * The parameters with the adapters of stacked projections stacked as well: all A on top of one another, and all B along a diagonal, so that
 * each sees its own A only. The scale is multiplied into B, so that nothing else need know of it. Done once at the start of a program,
 * outside its loops.
 */
export function packAdapters(params: Parameters, config: ModelConfig): Parameters {
  const { lora } = config;
  if (!lora) return params;
  const packed = { ...params };
  for (const name of Object.keys(params)) {
    if (name.endsWith('.lora_B.weight')) packed[name] = mul(params[name]!, loraScale(lora));
  }
  const shapes = parameterShapes(config);
  for (let layer = 0; layer < config.layers; layer++) {
    stack(packed, shapes, `model.layers.${layer}.self_attn`, 'qkv_proj');
    stack(packed, shapes, `model.layers.${layer}.mlp`, 'gate_up_proj');
  }
  return packed;
}

/** Stacks, in place, the adapters of one stack of projections. Projections without an adapter get zeros. */
function stack(params: Parameters, shapes: Map<string, number[]>, block: string, into: string): void {
  const projections = PACKS[into]!.map((name) => `${block}.${name}`);
  const rows = projections.map((name) => shapes.get(`${name}.weight`)![0]!);
  const rowsOf = (some: number[]) => some.reduce((sum, count) => sum + count, 0);
  const downs: Tensor[] = [];
  const ups: Tensor[] = [];
  for (const [index, name] of projections.entries()) {
    const [a, b] = [`${name}.lora_A.weight`, `${name}.lora_B.weight`];
    if (!params[a] || !params[b]) continue;
    downs.push(params[a]);
    const around: [number, number] = [rowsOf(rows.slice(0, index)), rowsOf(rows.slice(index + 1))];
    ups.push(pad(params[b], [around, [0, 0]]));
    delete params[a];
    delete params[b];
  }
  if (downs.length === 0) return;
  params[`${block}.${into}.lora_A.weight`] = concat(downs, 0);
  params[`${block}.${into}.lora_B.weight`] = concat(ups, 1);
}
