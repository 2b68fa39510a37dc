/** The same models, the same numbers as on the cpu engine; by the command, as a user compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensorsHeader, readTensor } from '../../../src/model/files/safetensors.ts';
import { jsonlFile, modelNames, referenceModel, temporaryFolder } from '../cli/run-grpo.ts';
import { tinyWorkspace } from '../training/workspace.ts';
import { grpoOn, tfjsNode } from './tfjs-node.ts';

const missing = tfjsNode === undefined;
if (missing)
  console.log(
    'Skipped: there is no tfjs-node, so the tensorflow engine was not compared with the others (`grpo setup-tensorflow`, or set GRPO_TEST_TENSORFLOW).',
  );

describe.skipIf(missing).each(modelNames)('%s on tensorflow (needs tfjs-node)', (name) => {
  const { folder: model, expected } = referenceModel(name);

  test('the same log-probabilities', async () => {
    const rows = jsonlFile(expected.logprobs);
    const [here, there] = await Promise.all(
      (['tensorflow', 'cpu'] as const).map((device) => grpoOn<{ logprobs: number[] }>(device, 'logprobs', model, rows)),
    );
    const [actual, wanted] = [here!, there!].map((all) => all.flatMap(({ logprobs }) => logprobs));
    expect(actual!.length).toBeGreaterThan(20);
    expect(largestDifference(actual!, wanted!)).toBeLessThan(1e-4);
  });

  test('the same greedy tokens', async () => {
    const rows = jsonlFile(expected.greedy.map(({ prompt_ids }) => ({ prompt_ids })));
    const args = ['generate', model, '--prompts', rows, '--greedy', '--max-tokens', '40'];
    const [here, there] = await Promise.all(
      (['tensorflow', 'cpu'] as const).map((device) =>
        grpoOn<{ completion_ids: number[]; logprobs: number[] }>(device, ...args),
      ),
    );
    expect(here!.map((row) => row.completion_ids)).toEqual(there!.map((row) => row.completion_ids));
    const [actual, wanted] = [here!, there!].map((all) => all.flatMap(({ logprobs }) => logprobs));
    expect(largestDifference(actual!, wanted!)).toBeLessThan(1e-4);
  });

  test.each([
    ['all weights', {}, 'model.safetensors'],
    ['an adapter', { lora: { r: 4, targetModules: 'all-linear' } }, 'adapter_model.safetensors'],
  ])('three training steps come to the same: %s', async (_, more, file) => {
    const settings = { model, beta: 0.05, numIterations: 2, gradientAccumulationSteps: 2, ...more };
    const folder = tinyWorkspace(settings);
    const config = join(folder, 'run.grpo.json');
    const [cpu, tensorflow] = [join(temporaryFolder(), 'cpu'), join(temporaryFolder(), 'tensorflow')];
    await grpoOn('cpu', 'train', config, '--out', cpu);
    // The same completions: one that is sampled otherwise, by a rounding error, would make all that follows another run.
    const rollouts = join(folder, 'rollouts.jsonl');
    const steps = ['000001', '000002', '000003'];
    writeFileSync(rollouts, steps.map((step) => readFileSync(join(cpu, `rollouts/step-${step}.jsonl`))).join(''));
    await grpoOn('tensorflow', 'train', config, '--out', tensorflow, '--rollouts', rollouts);

    const [wanted, reached] = [cpu, tensorflow].map((run) => tensorsOf(join(run, 'checkpoints/step-000003', file)));
    expect([...reached!.keys()].sort()).toEqual([...wanted!.keys()].sort());
    const all = (tensors: Map<string, Float32Array>) =>
      Float32Array.from([...wanted!.keys()].flatMap((tensor) => [...tensors.get(tensor)!]));
    expect(distance(all(reached!), all(wanted!)) / norm(all(wanted!))).toBeLessThan(1e-4);
    for (const [tensor, values] of wanted!) {
      // Looser: where a gradient is next to nothing, AdamW makes a step of its sign.
      expect(distance(reached!.get(tensor)!, values) / norm(values), tensor).toBeLessThan(1e-2);
    }
  });
});

const largestDifference = (a: number[], b: number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

const tensorsOf = (file: string): Map<string, Float32Array> =>
  new Map(readSafetensorsHeader(file).map((entry) => [entry.name, readTensor(entry)]));
const norm = (a: Float32Array): number => Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
const distance = (a: Float32Array, b: Float32Array): number => norm(a.map((x, i) => x - b[i]!));
