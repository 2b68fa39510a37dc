/** The arithmetic of docs/scaling.md against figures that others have published. */
import { describe, expect, test } from 'vitest';
import { GPUS, memoryParts, memoryPerGpu, modelOf, SIZES, WAYS } from '../../scripts/memory-table.ts';
import { parameterCount } from '../../src/model/parameters.ts';

const { float32, 'bf16 mixed': mixed, LoRA, QLoRA } = WAYS as Record<string, (typeof WAYS)[string]>;

test('the models have as many parameters as their files on Hugging Face', () => {
  expect(Object.fromEntries(SIZES.map((size) => [size, parameterCount(modelOf(size))]))).toEqual({
    ...{ '0.5B': 494_032_768, '1.5B': 1_543_714_304, '7B': 7_615_616_512 },
    ...{ '14B': 14_770_033_664, '32B': 32_763_876_352, '70B': 70_553_706_496 },
  });
});

describe('what is divided among GPUs', () => {
  test('16 bytes per weight, as in figure 1 of ZeRO: 7.5B take 120 GB, and 1.9 GB on each of 64 GPUs', () => {
    for (const way of [float32!, mixed!]) {
      const perBillion = (gpus: number) => (7.5 * memoryParts(modelOf('7B'), way, gpus).state) / 7_615_616_512;
      expect(perBillion(1)).toBeCloseTo(120, 6);
      expect(perBillion(64)).toBeCloseTo(1.9, 1);
    }
  });

  test("with an adapter, the weights once and 16 bytes for each of the adapter's", () => {
    // Of 1.5B: rank × (inputs + outputs) of q, k, v, o, gate, up and down, in 28 layers.
    const [hidden, keys, mlp] = [1536, 256, 8960];
    const sides = 2 * (hidden + hidden) + 2 * (hidden + keys) + 3 * (hidden + mlp);
    expect(memoryParts(modelOf('1.5B'), LoRA!, 1).state).toBe(2 * 1_543_714_304 + 16 * 28 * 16 * sides);
  });

  test('linear layers in 4.127 bits', () => {
    const linear = 28 * (2 * 1536 * 1536 + 2 * 1536 * 256 + 3 * 1536 * 8960);
    const saved = memoryParts(modelOf('1.5B'), LoRA!, 1).state - memoryParts(modelOf('1.5B'), QLoRA!, 1).state;
    expect(16 - (8 * saved) / linear).toBeCloseTo(4.127, 3);
  });
});

test('what one GPU needs besides, by hand for 0.5B in bfloat16', () => {
  const { update, generation } = memoryParts(modelOf('0.5B'), mixed!, 1);
  const [tokens, completionTokens] = [4 * 1280, 4 * 1024];
  const activations = tokens * (24 * 896 + 10 * 896 + 5 * 4864) * 2;
  expect(update).toBe(activations + 4096 * 32_768 * 2 + (completionTokens + 151_936) * 896 * 4);
  expect(generation).toBe(32 * 1280 * 2 * 24 * 2 * 64 * 2);
  // A second GPU has to gather: two layers and the embeddings, or all weights.
  const divided = memoryParts(modelOf('0.5B'), mixed!, 2);
  const layer = (494_032_768 - 151_936 * 896 - 896) / 24;
  expect(divided.update - update).toBeCloseTo(2 * (2 * layer + 151_936 * 896), 3);
  expect(divided.generation - generation).toBe(2 * 494_032_768);
});

test('more GPUs never take more of each, and a server that generates takes nothing from them', () => {
  for (const size of SIZES)
    for (const way of Object.values(WAYS)) {
      const [, eight, sixtyFour] = GPUS.map((gpus) => memoryPerGpu(size, way, gpus, true));
      expect(sixtyFour).toBeLessThan(eight!);
      for (const gpus of GPUS)
        expect(memoryPerGpu(size, way, gpus, false)).toBeLessThanOrEqual(memoryPerGpu(size, way, gpus, true));
    }
});
