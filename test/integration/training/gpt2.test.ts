/** GPT-2 by the command: what a run trains and keeps, and that transformers, PEFT and torch open it. Files have its weights transposed. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listCheckpoints } from '../../../src/run-folder/checkpoints.ts';
import { GPT2, randomModel } from '../../webgpu/random-model.ts';
import { runWarmPython, trlMissing } from '../trl/python.ts';
import { readTensors } from './trl-run.ts';
import { metricsOf, REFERENCES, rolloutsOf, runGrpo, timeless, tinyFiles, tinyWorkspace } from './workspace.ts';

const LORA = { r: 3, loraAlpha: 12, targetModules: 'all-linear' };
const ROWS = [
  { prompt_ids: [40, 41, 42, 60], completion_ids: [50, 51, 2] },
  { prompt_ids: [99], completion_ids: [100, 101, 102, 103, 104] },
];
const BASE = { learningRate: 1e-2, beta: 0.04, lrSchedulerType: 'constant', maxSteps: 2 };

/** A workspace whose model is, as GPT-2, without a chat template. */
async function gpt2Workspace(fields: object): Promise<{ folder: string; model: string; config: string }> {
  const model = await randomModel(GPT2);
  rmSync(join(model, 'chat_template.jinja'));
  const folder = tinyWorkspace({ ...BASE, ...fields, model }, { ...tinyFiles, 'rows.jsonl': ROWS });
  return { folder, model, config: join(folder, 'run.grpo.json') };
}

async function succeed(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runGrpo(...args);
  expect(status, stderr).toBe(0);
  return stdout;
}

const numbersOf = (lines: string): number[] =>
  lines
    .trimEnd()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { logprobs: number[] }).logprobs);

const lastCheckpoint = (run: string): string => listCheckpoints(run).at(-1)!.path;

test.each([
  ['all weights', {}],
  ['an adapter', { lora: LORA }],
  ['an adapter on 8 bits', { lora: LORA, quantization: 'int8' }],
])('%s: trained on plain prompts, and resumed as if it had not stopped', async (_, fields) => {
  const { folder, config } = await gpt2Workspace(fields);
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  await succeed('train', config, '--out', whole, '--set', 'maxSteps=3');
  await succeed('train', config, '--out', parts);
  await succeed('train', config, '--out', parts, '--resume', '--set', 'maxSteps=3');
  expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
  expect(rolloutsOf(whole, 1)[0]!.prompt).toBe('3 1 0 2');
  const weights = 'lora' in fields ? 'adapter_model.safetensors' : 'model.safetensors';
  for (const file of [weights, 'grpo_optimizer.safetensors']) {
    const bytes = (run: string) => readFileSync(join(lastCheckpoint(run), file));
    expect(bytes(parts).equals(bytes(whole)), file).toBe(true);
  }
});

/** What is trained, and saved in different ways. */
const SAVED = {
  'all weights': {},
  'an adapter': { lora: LORA },
  'DoRA, also on the embeddings': { lora: { ...LORA, targetModules: ['wte', 'c_proj'], useDora: true } },
  'the embeddings in full': { lora: { ...LORA, targetModules: ['c_attn'], modulesToSave: ['wte'] } },
};
/** Importing torch takes most of the time: all folders are opened at once. */
const OPEN = 'import sys; from open_checkpoint import main; [main(folder, sys.argv[1]) for folder in sys.argv[2:]]';

describe.skipIf(trlMissing)('in Python', () => {
  test('transformers and PEFT compute the same from checkpoints, and from what is merged of them', async () => {
    const [opened, ours]: [string[], number[]] = [[], []];
    let [work, rows] = ['', ''];
    for (const [name, fields] of Object.entries(SAVED)) {
      const { folder, model, config } = await gpt2Workspace(fields);
      [work, rows] = [folder, join(folder, 'rows.jsonl')];
      const here = async (of: string) => numbersOf(await succeed('logprobs', of, rows, '--json'));
      const run = join(folder, 'run');
      await succeed('train', config, '--out', run);
      const [checkpoint, merged] = [lastCheckpoint(run), join(folder, 'merged')];
      await succeed('export', checkpoint, '--to', merged);
      opened.push(checkpoint, merged);
      const [before, after] = [await here(model), await here(checkpoint)];
      ours.push(...after, ...(await here(merged)));
      expect(Math.max(...after.map((value, index) => Math.abs(value - before[index]!))), name).toBeGreaterThan(1e-2);
    }
    const { stdout, stderr, status } = await runWarmPython(['-c', OPEN, rows, ...opened], work);
    expect(status, stderr).toBe(0);
    // PEFT would warn of it if it had to correct it.
    expect(stderr).not.toContain('fan_in_fan_out is set to False');
    const theirs = numbersOf(stdout);
    expect(theirs).toHaveLength(8 * 2 * 4);
    for (const [index, value] of ours.entries()) expect(value).toBeCloseTo(theirs[index]!, 4);
  });

  test("torch's optimizer has each moment in the shape of its weight, and what we read of it is what was written", async () => {
    const { folder, config } = await gpt2Workspace({});
    const run = join(folder, 'run');
    await succeed('train', config, '--out', run);
    const trl = join(folder, 'checkpoint-2');
    await succeed('export', run, '--format', 'trl', '--to', trl);
    const { stdout, stderr, status } = await runWarmPython([join(REFERENCES, 'opened_optimizer.py'), trl], folder);
    expect(status, stderr).toBe(0);
    const theirs = JSON.parse(stdout) as Record<string, number[][]>;

    await succeed('import', 'checkpoint', trl, config, '--out', join(folder, 'imported'));
    const moments = (of: string) => readTensors(join(lastCheckpoint(of), 'grpo_optimizer.safetensors'));
    const [own, imported] = [moments(run), moments(join(folder, 'imported'))];
    expect(imported).toEqual(own);
    const name = 'transformer.h.0.attn.c_attn.weight';
    const [ours, matrix] = [own.get(`mean.${name}`)!, theirs[name]!];
    expect([matrix.length, matrix[0]!.length]).toEqual([32, 96]);
    for (const [input, row] of matrix.entries())
      for (const [output, value] of row.entries()) expect(value).toBe(ours[output * 32 + input]);
    expect(Math.max(...ours)).toBeGreaterThan(0);
  });
});
