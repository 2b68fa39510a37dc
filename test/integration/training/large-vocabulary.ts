/**
 * A model with a vocabulary of a real size, and rollouts for it, out of the formulas of test/references/large_vocabulary.py: too large
 * for files, and sizes at which ONNX Runtime shares work out among threads.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { writeSafetensors } from '../../../src/model/files/safetensors-writer.ts';
import { parameterShapes } from '../../../src/model/parameters.ts';
import { sizeOf } from '../../../src/model/shape.ts';
import { REFERENCES, readJson, referenceModel } from './workspace.ts';

export interface LargeVocabulary {
  model: Record<string, unknown>;
  training: Record<string, number>;
  metrics: { loss: number; grad_norm: number }[];
  /** Of each tensor's update, in the order of its numbers. */
  tensors: Record<string, { norm: number; projections: number[] }>;
}
export const largeVocabulary = readJson<LargeVocabulary>(REFERENCES, 'fixtures/large-vocabulary.json');

export const [STEPS, PROMPTS, GENERATIONS, PROMPT_TOKENS] = [3, 8, 4, 500];
const VOCABULARY = 49152;

/** MurmurHash3's finaliser of seed + n. */
function hash(seed: number, n: number): number {
  let h = (n + Math.imul(seed, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
const uniform = (seed: number, n: number): number => (hash(seed, n) >>> 8) / 2 ** 24;

export function startWeight(index: number, shape: readonly number[]): Float32Array {
  const scale = shape.length === 1 ? 0.5 : 2 ** -Math.floor(Math.log2(shape[1]!) / 2 - 1);
  const centre = shape.length === 1 ? 1 : 0;
  return Float32Array.from({ length: sizeOf(shape) }, (_, n) => centre + scale * (uniform(index + 1, n) - 0.5));
}

function tokens(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) =>
    hash(seed + 2, n) % 8 > 0 ? Math.floor(6 * uniform(seed, n)) : Math.floor(VOCABULARY * uniform(seed + 1, n)),
  );
}

/** Rows of a rollouts file. */
export function rollouts(): object[] {
  return Array.from({ length: STEPS * PROMPTS * GENERATIONS }, (_, index) => {
    const step = 1 + Math.floor(index / (PROMPTS * GENERATIONS));
    const row = index % (PROMPTS * GENERATIONS);
    const group = Math.floor(row / GENERATIONS);
    const seed = 1000 * (100 * step + row);
    return {
      ...{ step, group },
      prompt_ids: tokens(500_000 + 1000 * (100 * step + group), PROMPT_TOKENS),
      completion_ids: tokens(seed, 8 + (hash(seed + 3, 0) % 9)),
      completion: '',
      rewards: { letters: (hash(seed + 4, 0) % 9) / 8 },
    };
  });
}

/** On random signs. */
export function projections(index: number, update: Float64Array, count: number): number[] {
  return Array.from({ length: count }, (_, k) =>
    update.reduce((sum, one, n) => sum + ((hash(10_000 + 100 * index + k, n) & 1) === 1 ? one : -one), 0),
  );
}

/** The names of its tensors in PyTorch's order, which is that of the formulas. */
export const tensorNames = Object.keys(largeVocabulary.tensors);

/** Writes the model's folder. Its tokenizer knows but some of the tokens: no text is needed. */
export async function writeLargeModel(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(referenceModel('llama-sharded'), file), join(folder, file));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(largeVocabulary.model));
  const shapes = parameterShapes(readModelConfig(folder));
  const tensors = tensorNames.map((name, index) => {
    const shape = shapes.get(name)!;
    return [name, shape, startWeight(index, shape)] as const;
  });
  await writeSafetensors(join(folder, 'model.safetensors'), shapes, tensors, 'float32');
}
