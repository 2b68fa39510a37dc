/** LoRA by the command: what is trained, what is kept, and how it continues. reference.test.ts compares the numbers with TRL and PEFT. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensorsHeader, readTensor } from '../../../src/model/files/safetensors.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { metricsOf, readJson, referenceModel, runGrpo, timeless, tinyWorkspace, trainHere } from './workspace.ts';

const lora = { r: 4, loraAlpha: 8, targetModules: 'all-linear' };
const readAdapter = (checkpoint: string) =>
  readSafetensorsHeader(join(checkpoint, 'adapter_model.safetensors')).map(
    (entry) => [entry.name, entry.shape, readTensor(entry)] as const,
  );

/** The checkpoint of a run that was stopped before its first step. */
async function startOf(config: object): Promise<string> {
  const control = new RunControl();
  control.stop();
  const { result } = await trainHere(join(tinyWorkspace(config), 'run.grpo.json'), { control });
  return result.checkpoint!;
}

test('a new adapter is that of PEFT: A uniform within 1 / sqrt(inputs), B zero, the same for the same seed', async () => {
  const start = await startOf({ lora: { r: 16 } });
  const adapter = readAdapter(start);
  expect(adapter.map(([name]) => name).filter((name) => name.includes('layers.0'))).toEqual([
    'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
    'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight',
    'base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight',
    'base_model.model.model.layers.0.self_attn.v_proj.lora_B.weight',
  ]);
  for (const [name, shape, values] of adapter) {
    if (name.includes('lora_B')) expect(values.every((value) => value === 0)).toBe(true);
    else {
      const bound = 1 / Math.sqrt(shape[1]!);
      expect(Math.max(...values)).toBeLessThanOrEqual(bound);
      // Uniform numbers: their mean square is a third of the bound's.
      const meanSquare = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(meanSquare / (bound * bound)).toBeCloseTo(1 / 3, 1);
    }
  }
  const same = (other: string) =>
    readFileSync(join(other, 'adapter_model.safetensors')).equals(
      readFileSync(join(start, 'adapter_model.safetensors')),
    );
  expect(same(await startOf({ lora: { r: 16 } }))).toBe(true);
  expect(same(await startOf({ lora: { r: 16 }, seed: 43 }))).toBe(false);
});

test.each([
  lora,
  { ...lora, useDora: true },
  { ...lora, targetModules: ['lm_head', 'embed_tokens'] },
  { targetModules: ['embed_tokens'], useDora: true },
  { targetModules: ['v_proj'], modulesToSave: ['embed_tokens', 'lm_head'] },
])('only the adapter is trained and kept, and the reference is the model without it: %j', async (lora) => {
  const folder = tinyWorkspace({ lora, beta: 0.1, maxSteps: 3, learningRate: 1e-2 });
  const { result } = await trainHere(join(folder, 'run.grpo.json'));
  const files = readdirSync(result.checkpoint!);
  expect(files).toContain('tokenizer.json');
  expect(files).not.toContain('model.safetensors');
  expect(files).not.toContain('config.json');
  const names = readAdapter(result.checkpoint!).map(([name]) => name.replace('base_model.model.', ''));
  const moments = readSafetensorsHeader(join(result.checkpoint!, 'grpo_optimizer.safetensors')).map(({ name }) => name);
  const plain = moments.map((name) => name.replace('.modules_to_save', ''));
  expect(plain.toSorted()).toEqual(names.flatMap((name) => [`mean.${name}`, `square.${name}`]).toSorted());

  // An adapter changes nothing at first, so the policy is its reference; then it moves away, and the reference does not follow.
  const kl = metricsOf(result.run).map((row) => row.kl!);
  expect(kl[0]).toBeLessThan(1e-6);
  expect(kl[2]).toBeGreaterThan(1e-3);
});

const patterns = {
  targetModules: ['up_proj', 'model.layers.1.self_attn.q_proj', 'layers.0.self_attn.v_proj'],
  excludeModules: ['layers.1.mlp.up_proj', 'layers.0.self_attn.q_proj'],
  rankPattern: { v_proj: 2, up_proj: 3 },
  alphaPattern: { 'layers\\.1.*': 1 },
  layersToTransform: [1, 0],
  layersPattern: 'layers',
};
const vocabulary = { targetModules: ['q_proj', 'embed_tokens'], useDora: true, modulesToSave: ['lm_head'] };

test.each([
  ['the linear layers', lora],
  ['the vocabulary', vocabulary],
  ['some modules', patterns],
])('a run that is stopped and resumed ends as one that was not: %s', async (_, fields) => {
  const folder = tinyWorkspace({
    lora: fields,
    beta: 0.05,
    syncRefModel: true,
    refModelSyncSteps: 2,
    numIterations: 2,
    maxSteps: 5,
    checkpointDtype: 'bfloat16',
  });
  const config = join(folder, 'run.grpo.json');
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  await trainHere(config, { out: whole });
  const control = new RunControl();
  await trainHere(config, {
    out: parts,
    control,
    onEvent: (event) => void (event.type === 'step' && event.step === 3 && control.stop()),
  });
  await trainHere(config, { out: parts, resume: true });
  expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
  for (const file of ['adapter_model.safetensors', 'grpo_optimizer.safetensors', 'trainer_state.json']) {
    const [a, b] = [whole, parts].map((run) => readFileSync(join(run, 'checkpoints', stepName(5), file)));
    expect(a!.equals(b!), file).toBe(true);
  }
});

test('a checkpoint is a model for every command, and so is what it is merged to', async () => {
  const model = referenceModel('llama.gguf');
  const folder = tinyWorkspace(
    { model, lora, maxSteps: 2, learningRate: 5e-2, evalDataset: 'prompts.jsonl' },
    { 'rows.jsonl': [{ prompt: '3 1 0 2', completion: ' 0 1 2 3' }] },
  );
  const config = join(folder, 'run.grpo.json');
  const { result } = await trainHere(config);
  const merging = await runGrpo('export', result.checkpoint!);
  expect(merging).toMatchObject({ status: 0, stdout: `${result.checkpoint}-merged\n` });
  const scores = async (of: string) => {
    const { stdout } = await runGrpo('logprobs', of, join(folder, 'rows.jsonl'), '--json');
    return (JSON.parse(stdout) as { logprobs: number[] }).logprobs;
  };
  const [adapter, merged, start] = [
    await scores(result.checkpoint!),
    await scores(`${result.checkpoint}-merged`),
    await scores(model),
  ];
  const difference = (other: number[]) => Math.max(...adapter.map((value, index) => Math.abs(value - other[index]!)));
  expect(difference(merged)).toBeLessThan(1e-4);
  expect(difference(start)).toBeGreaterThan(1e-2);
  expect(readJson<{ model_type: string }>(`${result.checkpoint}-merged`, 'config.json').model_type).toBe('llama');

  const evaluate = async (checkpoint: string) =>
    JSON.parse((await runGrpo('eval', config, '--checkpoint', checkpoint, '--json')).stdout) as object;
  expect(await evaluate(result.checkpoint!)).toEqual(await evaluate(`${result.checkpoint}-merged`));
});

describe('bad input', () => {
  test.each([
    [{ r: 0 }, '"lora.r" must be at least 1, not 0.'],
    [{ r: 1.5 }, '"lora.r" must be a whole number, not 1.5.'],
    [{ loraAlpha: 0 }, '"lora.loraAlpha" must be above 0, not 0.'],
    [{ targetModules: ['q_prj'] }, 'not "q_prj". Did you mean "q_proj"?'],
    [{ targetModules: [] }, '"lora.targetModules"'],
    [{ targetModules: 'q_proj' }, '"lora.targetModules" means no module of the model; its modules are model.layers.0'],
    [{ targetModules: ['model.layers.9.mlp.up_proj'] }, '"lora.targetModules" means no module of the model'],
    [{ targetModules: '.*mlp.*' }, '"lora.targetModules" means model.layers.0.mlp too, which is not a linear layer'],
    [{ targetModules: '(?i)q_proj' }, 'has the regular expression "(?i)q_proj", which cannot be read the way Python'],
    [{ rankPattern: { q_proj: 0 } }, '"lora.rankPattern.q_proj" must be at least 1, not 0.'],
    [{ layersPattern: 'layers' }, '"lora.layersPattern" needs layers to transform'],
    [
      { targetModules: '.*q_proj', layersToTransform: 1 },
      '"lora.layersToTransform" goes with a list of target modules',
    ],
    [{ targetModules: ['q_proj', 'layers.9.mlp.up_proj'] }, '"lora.targetModules" has "layers.9.mlp.up_proj", which'],
    [{ excludeModules: ['query'] }, '"lora.excludeModules" has "query", which means no module of the model'],
    [{ rankPattern: { k_proj: 4 } }, '"lora.rankPattern" has "k_proj", which means no module of those with an adapter'],
    [{ alphaPattern: { 'layers.9': 4 } }, '"lora.alphaPattern" has "layers.9"'],
    [{ layersToTransform: [0, 9] }, '"lora.layersToTransform" has 9, but the model\'s layers are 0 to 1'],
    [
      { modulesToSave: ['norm'] },
      '"lora.modulesToSave.0" must be one of "embed_tokens", "lm_head", "wte", not "norm".',
    ],
    [{ bias: 'all' }, 'Unknown field "lora.bias".'],
    [{ lora_alpha: 8 }, 'Unknown field "lora.lora_alpha". Did you mean "loraAlpha"?'],
    [{ dropout: 0.1 }, 'Unknown field "lora.dropout".'],
    ['q_proj', '"lora" must be an object'],
  ])('%j', async (value, message) => {
    const folder = tinyWorkspace({ lora: value });
    await expect(trainHere(join(folder, 'run.grpo.json'))).rejects.toThrow(message);
  });

  test('an adapter as the model to train, another one to go on with, none to export', async () => {
    const folder = tinyWorkspace({ lora, maxSteps: 1 });
    const config = join(folder, 'run.grpo.json');
    const { result } = await trainHere(config);
    const refused = (set: string, more: object = {}) =>
      expect(trainHere(config, { set: ['maxSteps=2', set], ...more })).rejects.toThrow;
    await refused(`model=${result.checkpoint}`)(`names a LoRA adapter; merge it into its model first: grpo export`);
    const resume = { resume: true, differences: 'with-changes', out: result.run };
    await refused('lora.loraAlpha=9', resume)('This checkpoint was trained with "lora": {"r":4,"loraAlpha":8,');
    await refused('lora=null', resume)('set that in the run config, or start a new run.');

    const adapter = await runGrpo('export', referenceModel('qwen3'), '--format', 'adapter');
    expect(adapter.status).toBe(2);
    expect(adapter.stderr).toContain('there is no LoRA adapter here');
    const again = await runGrpo('export', result.checkpoint!, '--to', folder);
    expect(again.status).toBe(2);
    expect(again.stderr).toContain('this already exists');
  });
});
