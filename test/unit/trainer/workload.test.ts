/** What a training needs of a device's memory. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { parameterCount } from '../../../src/model/parameters.ts';
import { workloadOf } from '../../../src/trainer/workload.ts';

const model = readModelConfig(join(import.meta.dirname, '../../references/fixtures/models/qwen3'));
const copies = (use: { trains: boolean; reference?: boolean }) => {
  const { gpuBytes, bytes } = workloadOf(model, { half: false, ...use });
  return { gpu: gpuBytes / 4 / parameterCount(model), cpu: bytes / 4 / parameterCount(model) };
};

test('all weights: themselves, gradient and two moments; on a GPU those of the start with a reference, on the CPU a copy of the gradient', () => {
  expect(copies({ trains: true })).toEqual({ gpu: 4, cpu: 5 });
  expect(copies({ trains: true, reference: true })).toEqual({ gpu: 5, cpu: 5 });
  expect(copies({ trains: false })).toEqual({ gpu: 1, cpu: 1 });
});
