import type { Module } from '../module.ts';
import { sizeOf } from '../shape.ts';
import type { GgufOrder } from './architecture.ts';

/** llama.cpp rotates neighbors, transformers the two halves of a head: so the rows of queries and keys are shuffled for it. */
export function shuffledHeads(module: Module, [, ...others]: readonly number[]): GgufOrder | undefined {
  const headDim = module.kind === 'linear' ? module.rotatedHeadDim : undefined;
  if (headDim === undefined) return undefined;
  const place = (row: number) => {
    const inHead = row % headDim;
    return row - inHead + (inHead < headDim / 2 ? 2 * inHead : 2 * inHead - headDim + 1);
  };
  return { size: sizeOf(others), place };
}
