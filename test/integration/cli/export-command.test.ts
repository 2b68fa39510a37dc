/** `grpo export` as a command: what it finds, where it writes, and what it refuses. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readGguf } from '../../../src/model/files/gguf.ts';
import { hasPackages } from '../../helpers/python-packages.ts';
import { printedByPython } from '../../helpers/run-python.ts';
import { grpo, jsonlFile, temporaryFolder } from './run-grpo.ts';

const REFERENCES = join(import.meta.dirname, '../../references');
const MODELS = join(REFERENCES, 'fixtures/models');
const ADAPTER = join(REFERENCES, 'fixtures/adapters/dora');
const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8'));

const hasPeft = hasPackages(['transformers', 'torch', 'peft'], 'no exported adapter was opened');

/** A checkpoint as a run leaves it: an adapter, and what only training needs. */
function makeCheckpoint(folder: string): string {
  cpSync(ADAPTER, folder, { recursive: true });
  const config = readJson<Record<string, unknown>>(folder, 'adapter_config.json');
  config.base_model_name_or_path = join(MODELS, String(config.base_model_name_or_path));
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'trainer_state.json'), '{}');
  writeFileSync(join(folder, 'grpo_optimizer.safetensors'), 'not for others');
  return folder;
}

/** A run with checkpoints of these steps. */
function makeRun(...steps: number[]): string {
  const run = join(temporaryFolder(), 'run');
  mkdirSync(join(run, 'checkpoints'), { recursive: true });
  const old = join(import.meta.dirname, '../../recordings/fixtures/old-runs/runs/2026-11-27');
  cpSync(join(old, 'run.json'), join(run, 'run.json'));
  for (const step of steps) makeCheckpoint(join(run, 'checkpoints', `step-${String(step).padStart(6, '0')}`));
  return run;
}

const done = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await grpo(['export', ...args]);
  expect(status, stderr).toBe(0);
  return stdout;
};
const refusal = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await grpo(['export', ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  return stderr;
};

test("a run's newest checkpoint, beside it", async () => {
  const run = makeRun(5, 10);
  const [newest, older] = [10, 5].map((step) => join(run, 'checkpoints', `step-${String(step).padStart(6, '0')}`));
  expect(await done(run)).toBe(`${newest}-merged\n`);
  expect(existsSync(join(`${newest}-merged`, 'adapter_config.json'))).toBe(false);
  const printed = await done(run, '--step', '5', '--type', 'q8_0');
  expect(printed.split('\n')[0]).toBe(`${older}-q8_0.gguf`);
  expect(printed).toContain('\nFor Ollama, in a file named Modelfile beside it:\n\nFROM ./step-000005-q8_0.gguf\n');
  const { name } = readJson<{ name: string }>(run, 'run.json');
  const { metadata } = readGguf(`${older}-q8_0.gguf`);
  expect(metadata.get('general.name')).toBe(`${name} step 5`);
  // What is beside checkpoints is none.
  expect(await refusal(run, '--step', '7')).toMatch(/this run has no checkpoint of step 7; it has those of 5, 10/);
});

test('an adapter, without what only training needs', async () => {
  const checkpoint = makeCheckpoint(join(temporaryFolder(), 'checkpoint'));
  const to = join(temporaryFolder(), 'deep/adapter');
  const { notes } = JSON.parse(await done(checkpoint, '--format', 'adapter', '--to', to, '--json')) as {
    notes: string[];
  };
  expect(notes).toEqual([
    expect.stringMatching(/^The adapter belongs to the model at .*; whoever opens it needs that model too\.$/),
  ]);
  const files = readdirSync(to);
  expect(files).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'tokenizer.json']));
  expect(files.filter((name) => /optimizer|state/.test(name))).toEqual([]);
  const tensors = 'adapter_model.safetensors';
  expect(readFileSync(join(to, tensors)).equals(readFileSync(join(checkpoint, tensors)))).toBe(true);
});

test.skipIf(!hasPeft)('an adapter that PEFT opens', async () => {
  const { row, adapters } = readJson<{
    row: { prompt_ids: number[]; completion_ids: number[] };
    adapters: Record<string, { logprobs: number[] }>;
  }>(REFERENCES, 'fixtures/adapters/expected.json');
  const to = join(temporaryFolder(), 'adapter');
  await done(makeCheckpoint(join(temporaryFolder(), 'checkpoint')), '--format', 'adapter', '--to', to);
  const printed = await printedByPython([join(REFERENCES, 'open_checkpoint.py'), to, jsonlFile([row])]);
  const { logprobs } = JSON.parse(printed) as { logprobs: number[] };
  for (const [index, value] of logprobs.entries()) expect(value).toBeCloseTo(adapters.dora!.logprobs[index]!, 4);
});

describe('refuses, and leaves nothing', () => {
  const model = join(MODELS, 'qwen3');

  test.each([
    ['a type without GGUF', ['--format', 'merged', '--type', 'f16'], '--type f16 requires --format gguf.'],
    [
      'a folder for a file',
      ['--format', 'gguf', '--to', 'model'],
      '--to must be a file that ends in .gguf with --format gguf',
    ],
    ['a file for a folder', ['--format', 'merged', '--to', 'm.gguf'], '--to must be a folder with --format merged'],
    ['an unknown format', ['--format', 'onnx'], '--format must be one of merged, adapter, gguf, trl, not "onnx".'],
    ['an unknown type', ['--type', 'q4_k'], '--type must be one of f16, q8_0, not "q4_k".'],
    ['a step of what is no run', ['--step', '3'], '--step names a checkpoint of a run, and this is no run'],
    ['no adapter', ['--format', 'adapter'], 'there is no LoRA adapter here (no adapter_config.json)'],
  ])('%s', async (_, args, message) => expect(await refusal(model, ...args)).toContain(message));

  test('what is there already', async () => {
    const to = join(temporaryFolder(), 'm.gguf');
    await done(model, '--to', to);
    const before = readFileSync(to);
    expect(await refusal(model, '--to', to)).toContain('this already exists; choose another name with --to');
    expect(readFileSync(to).equals(before)).toBe(true);
  });

  test('a run without a checkpoint', async () =>
    expect(await refusal(makeRun())).toContain('this run has no checkpoint yet'));

  test.each<[string, string, object, string]>([
    ['biases of Qwen 3', 'qwen3', { attention_bias: true }, 'llama.cpp has no biases in Qwen 3 ("attention_bias")'],
    [
      "Llama's rope scaling in Qwen",
      'qwen2-f16',
      {
        rope_parameters: {
          ...{ rope_type: 'llama3', rope_theta: 10000, factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
          original_max_position_embeddings: 32,
        },
      },
      'llama.cpp has the "llama3" rope scaling for Llama models only',
    ],
  ])('%s', async (_, name, fields, message) => {
    const folder = join(temporaryFolder(), 'model');
    cpSync(join(MODELS, name), folder, { recursive: true });
    writeFileSync(
      join(folder, 'config.json'),
      JSON.stringify({ ...readJson<object>(folder, 'config.json'), ...fields }),
    );
    const to = join(temporaryFolder(), 'm.gguf');
    expect(await refusal(folder, '--to', to)).toContain(`the model cannot be exported as GGUF: ${message}`);
    expect(existsSync(to)).toBe(false);
  });

  test('weights that float16 does not hold', async () => {
    const folder = join(temporaryFolder(), 'model');
    cpSync(model, folder, { recursive: true });
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
    const [start] = header['model.layers.0.mlp.up_proj.weight'].data_offsets;
    bytes.writeFloatLE(1e5, 8 + Number(bytes.readBigUInt64LE()) + start);
    writeFileSync(file, bytes);
    const place = temporaryFolder();
    const { status, stderr } = await grpo(['export', folder, '--to', join(place, 'm.gguf')]);
    expect(status).toBe(1);
    expect(stderr).toContain('Tensor "blk.0.ffn_up.weight" has a weight beyond 65504, the largest that F16 holds.');
    expect(readdirSync(place)).toEqual([]);
  });
});
