/** Adapters by PEFT: opened, merged, and merged in other programs. test/references/adapters.py says what is right. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exportCommand } from '../../../src/cli/export.ts';
import { openModel } from '../../../src/cli/open-model.ts';
import { floats } from '../../../src/engine/tree.ts';
import { adapterEntries, readAdapterConfig, savedName } from '../../../src/model/files/adapter-files.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { PEFT_FIELDS } from '../../../src/model/files/peft-config.ts';
import { readSafetensorsHeader, readTensor } from '../../../src/model/files/safetensors.ts';
import { Sampler } from '../../../src/model/generation/sampler.ts';
import type { Sequence } from '../../../src/model/network/batch.ts';
import { Scorer } from '../../../src/model/network/scorer.ts';
import { adapterShapes } from '../../../src/model/parameters.ts';
import { hasPackages } from '../../helpers/python-packages.ts';
import { printedByPython } from '../../helpers/run-python.ts';

const REFERENCES = join(import.meta.dirname, '../../references');
const FOLDER = join(REFERENCES, 'fixtures/adapters');
const MODELS = join(REFERENCES, 'fixtures/models');
const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8'));

interface Expected {
  row: { prompt_ids: number[]; completion_ids: number[] };
  adapters: Record<string, { model: string; logprobs: number[] }>;
}
const { row, adapters } = readJson<Expected>(FOLDER, 'expected.json');

// `export` says where it has put the model.
beforeAll(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));

const temporary = mkdtempSync(join(tmpdir(), 'grpo-adapters-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** The adapter with its model's path in it. */
function adapterFolder(name: string, target = name): string {
  const folder = join(temporary, target);
  cpSync(join(FOLDER, name), folder, { recursive: true });
  const config = readJson<Record<string, unknown>>(folder, 'adapter_config.json');
  config.base_model_name_or_path = join(MODELS, String(config.base_model_name_or_path));
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
  return folder;
}

const sequence: Sequence = { promptIds: row.prompt_ids, completionIds: row.completion_ids };

async function logProbs(folder: string, of = sequence): Promise<number[]> {
  const { engine, config, weights } = await openModel(folder, { device: 'cpu' });
  return (await new Scorer(engine, config, 1).logProbs(weights, [of]))[0]!;
}

const distance = (a: number[], b: number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

const hasPeft = hasPackages(['transformers', 'torch', 'peft'], 'nothing merged was opened');

describe.each(Object.entries(adapters))('%s', (name, { model, logprobs }) => {
  test('has the log-probabilities of PEFT, merged too', async () => {
    const folder = adapterFolder(name);
    expect(distance(await logProbs(folder), logprobs)).toBeLessThan(1e-4);
    expect(distance(await logProbs(join(MODELS, model)), logprobs)).toBeGreaterThan(0.5);

    const merged = `${folder}-merged`;
    expect(await exportCommand({ command: 'export', source: folder, to: merged, json: false })).toBe(0);
    const own = readSafetensorsHeader(join(MODELS, model, 'model.safetensors'));
    const dtypes = new Map(own.map(({ name: tensor, dtype }) => [tensor, dtype]));
    for (const { name: tensor, dtype } of readSafetensorsHeader(join(merged, 'model.safetensors'))) {
      expect(dtype, tensor).toBe(dtypes.get(tensor) ?? dtypes.get('model.embed_tokens.weight'));
    }
    // Merged weights are rounded to the model's format.
    expect(distance(await logProbs(merged), logprobs)).toBeLessThan(model === 'qwen2-f16' ? 0.02 : 1e-4);
    expect(readModelConfig(merged)).toEqual(readModelConfig(folder));
  });
});

/** Adapters as training has them: beside the weights rather than in them. It has no place for the model's own biases. */
const trainable = Object.keys(adapters).filter((name) => !name.startsWith('bias-'));

test.each(trainable)('%s: training scores and samples what PEFT does', async (name) => {
  const { model, logprobs } = adapters[name]!;
  const folder = adapterFolder(name, `${name}-trained`);
  const base = await openModel(join(MODELS, model), { device: 'cpu' });
  const config = { ...base.config, lora: readAdapterConfig(folder)!.lora };
  const entries = new Map(adapterEntries(folder).map((entry) => [entry.name, entry]));
  const adapter = [...adapterShapes(config)].map(
    ([tensor, shape]) => [tensor, floats(readTensor(entries.get(savedName(tensor))!), shape)] as const,
  );
  const weights = { ...base.weights, ...(await base.engine.upload(Object.fromEntries(adapter))) };
  const scored = await new Scorer(base.engine, config, 1).logProbs(weights, [sequence]);
  expect(distance(scored[0]!, logprobs)).toBeLessThan(1e-4);

  const options = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
  const sampler = new Sampler(base.engine, config, { ...options, group: 2, eosTokenIds: [], minTokens: 0 });
  const uniforms = Float32Array.from({ length: 2 * 12 }, (_, index) => (index * 0.37) % 1);
  const completions = await sampler.sample(weights, [row.prompt_ids], 12, uniforms);
  for (const { ids, logProbs: drawn } of completions) {
    const theirs = await logProbs(folder, { promptIds: row.prompt_ids, completionIds: ids });
    expect(distance(drawn, theirs)).toBeLessThan(1e-4);
  }
});

const opened = ['dora', 'bias-all', 'tied-embeddings', 'bfloat16'];

test.skipIf(!hasPeft).each(opened)('what is merged opens in transformers: %s', async (name) => {
  const rows = join(temporary, 'rows.jsonl');
  writeFileSync(rows, `${JSON.stringify(row)}\n`);
  const out = join(temporary, `${name}-in-transformers`);
  await exportCommand({ command: 'export', source: adapterFolder(name, `${name}-again`), to: out, json: false });
  const printed = await printedByPython([join(REFERENCES, 'open_checkpoint.py'), out, rows]);
  const theirs = (JSON.parse(printed) as { logprobs: number[] }).logprobs;
  expect(distance(await logProbs(out), theirs)).toBeLessThan(1e-4);
});

test("every field of PEFT's LoraConfig is known", () => {
  expect(Object.keys(PEFT_FIELDS)).toEqual(readJson<{ fields: string[] }>(FOLDER, 'fields.json').fields);
});

test.skipIf(!hasPeft)("every field of the installed PEFT's LoraConfig is known", async () => {
  const code =
    'import dataclasses, json, peft; print(json.dumps([f.name for f in dataclasses.fields(peft.LoraConfig)]))';
  const fields = JSON.parse(await printedByPython(['-c', code])) as string[];
  expect(fields.filter((field) => !Object.hasOwn(PEFT_FIELDS, field))).toEqual([]);
});
