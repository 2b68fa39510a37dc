import { concat, mul, pad, type Tensor } from '@tensorflow/tfjs-core';
import type { LoraModule } from '../protocol/lora-config.ts';
import type { Parameters } from './decoder.ts';

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

/** The parameters with the scale multiplied into every B, so that nothing else need know of it. */
export function scaleAdapters(params: Parameters, lora: Lora | undefined): Parameters {
  const scaled = { ...params };
  if (!lora) return scaled;
  for (const name of Object.keys(params)) {
    if (name.endsWith('.lora_B.weight')) scaled[name] = mul(params[name]!, loraScale(lora));
  }
  return scaled;
}

/**
 * Stacks, in place, the adapters of projections that are packed into one: all A on top of one another, and all B along a diagonal, so that
 * each sees its own A only. Projections without an adapter get zeros.
 */
export function packAdapters(params: Parameters, block: string, projections: string[], into: string): void {
  const rows = projections.map((name) => params[`${block}.${name}.weight`]!.shape[0]!);
  const rowsOf = (some: number[]) => some.reduce((sum, count) => sum + count, 0);
  const downs: Tensor[] = [];
  const ups: Tensor[] = [];
  for (const [index, name] of projections.entries()) {
    const [a, b] = [`${block}.${name}.lora_A.weight`, `${block}.${name}.lora_B.weight`];
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
