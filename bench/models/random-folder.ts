import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileShapes } from '../../src/model/files/conv1d.ts';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { type NamedTensor, writeSafetensors } from '../../src/model/files/safetensors-writer.ts';
import { WEIGHTS_FILE } from '../../src/model/files/weights.ts';
import { sizeOf } from '../../src/model/shape.ts';
import { RandomValues } from '../random-values.ts';
import { byteTokenizerFiles } from './byte-tokenizer.ts';

/**
 * Writes a model folder of a real model's config.json with random weights in bfloat16, the type of most downloads, and a tokenizer of bytes. What
 * the weights are changes neither the memory nor the time of a step.
 */
export async function writeRandomModel(folder: string, config: Record<string, unknown>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { tokenizerJson, tokenizerConfig, eosId, padId } = byteTokenizerFiles();
  const write = (name: string, json: unknown) => writeFileSync(join(folder, name), JSON.stringify(json, null, 2));
  write('config.json', { ...config, dtype: 'bfloat16', eos_token_id: eosId, bos_token_id: null, pad_token_id: padId });
  write('tokenizer.json', tokenizerJson);
  write('tokenizer_config.json', tokenizerConfig);
  const shapes = fileShapes(readModelConfig(folder));
  await writeSafetensors(join(folder, WEIGHTS_FILE), shapes, randomTensors(shapes), 'bfloat16');
}

function* randomTensors(shapes: ReadonlyMap<string, readonly number[]>): Generator<NamedTensor> {
  const random = new RandomValues();
  for (const [name, shape] of shapes) {
    const values = new Float32Array(sizeOf(shape));
    random.fill(values, shape.length);
    yield [name, shape, values];
    // Gigabytes, in a process that lives on beside the one that is measured.
    (values.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer }).transfer?.(0);
  }
}
