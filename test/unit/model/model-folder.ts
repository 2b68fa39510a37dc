import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { type WeightDtype, writeSafetensors } from '../../../src/model/files/safetensors-writer.ts';
import { parameterShapes } from '../../../src/model/parameters.ts';

/** A Llama config as transformers 5 writes it, small enough to build on the spot. */
export const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 64,
  rope_parameters: { rope_type: 'default', rope_theta: 20_000 },
  rms_norm_eps: 1e-5,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  eos_token_id: 2,
  dtype: 'float32',
};

/** An empty folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-model-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeJson(folder: string, name: string, value: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(value));
  return file;
}

/** A folder with LLAMA's config, some fields changed, and no weights. */
export function configFolder(fields: Record<string, unknown> = {}): string {
  const folder = temporaryFolder();
  writeJson(folder, 'config.json', { ...LLAMA, ...fields });
  return folder;
}

/** A folder with config and weights; `change` edits the tensors' shapes before they are written. */
export async function modelFolder(
  fields: Record<string, unknown> = {},
  change: (shapes: Map<string, number[]>) => void = () => {},
  dtype: WeightDtype = 'float32',
): Promise<string> {
  const folder = configFolder(fields);
  const shapes = parameterShapes(readModelConfig(folder));
  change(shapes);
  await writeTensors(join(folder, 'model.safetensors'), shapes, dtype);
  return folder;
}

/** Writes tensors whose values are quarters that depend on the name, so exact in every dtype. */
export function writeTensors(file: string, shapes: Map<string, number[]>, dtype: WeightDtype = 'float32') {
  const tensors = [...shapes].map(([name, shape]) => [name, shape, valuesOf(name, shape)] as const);
  return writeSafetensors(file, shapes, tensors, dtype);
}

export function valuesOf(name: string, shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, (_, i) => (((i * 7 + name.length * 13) % 33) - 16) / 4);
}

/** A safetensors file from an arbitrary header, true or not, and that many bytes of data. */
export function writeRawSafetensors(file: string, header: unknown, dataBytes: number, headerClaim?: bigint): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerClaim ?? BigInt(json.length));
  writeFileSync(file, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  return file;
}
