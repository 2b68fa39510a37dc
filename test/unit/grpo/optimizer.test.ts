import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import { scalar, tensor, zerosLike } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { adamW, adamWScalars, clipByGlobalNorm, type Tensors } from '../../../src/engine/optimizer.ts';
import { adamWHyper, fixture, maxDifference } from './fixture.ts';

const tensorsOf = (tables: Record<string, number[] | number[][]>): Tensors =>
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, tensor(table)]));
const zeros = (like: Tensors): Tensors =>
  Object.fromEntries(Object.entries(like).map(([name, each]) => [name, zerosLike(each)]));

function expectClose(actual: Tensors, expected: Record<string, number[] | number[][]>, tolerance: number) {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, table] of Object.entries(expected)) {
    expect(maxDifference(actual[name]!.dataSync(), table.flat()), name).toBeLessThan(tolerance);
  }
}

test('five updates, clipped, equal torch', () => {
  const { maxNorm, start, steps } = fixture.adamw;
  let params = tensorsOf(start);
  let m = zeros(params);
  let v = zeros(params);
  steps.forEach((reference, index) => {
    const { grads, norm } = clipByGlobalNorm(tensorsOf(reference.gradients), maxNorm);
    expect(norm.dataSync()[0]).toBeCloseTo(reference.norm, 6);
    expectClose(grads, reference.clipped, 1e-7);
    const numbers = adamWScalars(index + 1, reference.learningRate, adamWHyper);
    const scalars = {
      learningRate: scalar(numbers.learningRate),
      biasCorrection1: scalar(numbers.biasCorrection1),
      biasCorrection2: scalar(numbers.biasCorrection2),
    };
    ({ params, m, v } = adamW(params, grads, m, v, scalars, adamWHyper));
    expectClose(params, reference.params, 1e-6);
  });
});

describe('clipping', () => {
  const gradients = { a: [3, 0], b: [4] };

  test('short gradients stay as they are, also with maxNorm 0', () => {
    for (const maxNorm of [10, 0]) {
      const { grads, norm } = clipByGlobalNorm(tensorsOf(gradients), maxNorm);
      expect(norm.dataSync()[0]).toBe(5);
      expectClose(grads, gradients, 1e-9);
    }
  });

  test('zero gradients stay zero', () => {
    const { grads } = clipByGlobalNorm(tensorsOf({ a: [0, 0] }), 1);
    expect([...grads.a!.dataSync()]).toEqual([0, 0]);
  });
});
