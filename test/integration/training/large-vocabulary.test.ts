/** Training at sizes that ONNX Runtime shares out among threads: equal to PyTorch's, and the same each time. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PROVIDERS } from '../../../src/engine/onnx/providers.ts';
import { readSafetensorsHeader, readTensor } from '../../../src/model/files/safetensors.ts';
import type { SessionResult } from '../../../src/trainer/session.ts';
import {
  GENERATIONS,
  largeVocabulary,
  PROMPTS,
  projections,
  rollouts,
  STEPS,
  startWeight,
  tensorNames,
  writeLargeModel,
} from './large-vocabulary.ts';
import { metricsOf, rolloutsOf, timeless, trainHere, workspace } from './workspace.ts';

const TIMEOUT = 300_000;

async function largeWorkspace(config: object = {}): Promise<string> {
  const folder = workspace({
    'run.grpo.json': {
      ...{ model: 'model', dataset: 'prompts.jsonl', rewards: ['letters.reward.ts'] },
      ...{ promptsPerStep: PROMPTS, numGenerations: GENERATIONS, maxSteps: STEPS, maxCompletionLength: 40 },
      // With this loss, micro-batches are as long as the config says: one for the whole step.
      ...{ beta: 0, lossType: 'bnpo', lrSchedulerType: 'constant', ...largeVocabulary.training, ...config },
    },
    // Long and much the same, so that tokens repeat.
    'prompts.jsonl': Array.from({ length: 16 }, (_, n) => ({ prompt: `What is ${n} + ${n}? `.repeat(30) })),
    'letters.reward.ts':
      'export const letters = ({ completion }: { completion: string }) => [...completion].filter((c) => c < "n").length;\n',
  });
  await writeLargeModel(join(folder, 'model'));
  return folder;
}

/** One for each core, as without tests, and more than there are. */
const THREADS = [availableParallelism(), 16];
function setThreads(threads: number): void {
  const options = PROVIDERS.cpu.session;
  options.intraOpNumThreads = threads;
  onTestFinished(() => {
    delete options.intraOpNumThreads;
  });
}

/** A run's numbers, which do not depend on how threads are scheduled. */
const numbersOf = ({ run, checkpoint }: SessionResult) => ({
  weights: createHash('sha256')
    .update(readFileSync(join(checkpoint!, 'model.safetensors')))
    .digest('hex'),
  metrics: metricsOf(run).map(timeless),
  completions: metricsOf(run).map(({ step }) => rolloutsOf(run, step).map(({ completion_ids }) => completion_ids)),
});

function expectPyTorch({ run, checkpoint }: SessionResult): void {
  for (const [index, row] of metricsOf(run).entries()) {
    const expected = largeVocabulary.metrics[index]!;
    expect(row.loss).toBeCloseTo(expected.loss, 6);
    expect(Math.abs(row.grad_norm! / expected.grad_norm - 1)).toBeLessThan(1e-5);
  }
  const entries = readSafetensorsHeader(join(checkpoint!, 'model.safetensors'));
  for (const [index, name] of tensorNames.entries()) {
    const { norm, projections: expected } = largeVocabulary.tensors[name]!;
    const entry = entries.find((one) => one.name === name)!;
    const start = startWeight(index, entry.shape);
    const update = Float64Array.from(readTensor(entry), (weight, i) => weight - start[i]!);
    const misses = projections(index, update, expected.length).map((one, k) => one - expected[k]!);
    const distance = Math.sqrt(misses.reduce((sum, miss) => sum + miss * miss, 0) / misses.length);
    expect(distance / norm, `${name}: distance to PyTorch, relative to the update`).toBeLessThan(1e-5);
  }
}

test.each(THREADS)(
  'three steps of 4,000 tokens move every tensor as PyTorch does, intraOpNumThreads %s',
  {
    timeout: TIMEOUT,
  },
  async (threads) => {
    setThreads(threads);
    const folder = await largeWorkspace();
    writeFileSync(
      join(folder, 'rollouts.jsonl'),
      rollouts()
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const { result } = await trainHere(join(folder, 'run.grpo.json'), { rollouts: join(folder, 'rollouts.jsonl') });
    expect(metricsOf(result.run)).toHaveLength(STEPS);
    expectPyTorch(result);
  },
);

test.each(THREADS)(
  'the same seed gives the same bytes, sampling included, intraOpNumThreads %s',
  {
    timeout: TIMEOUT,
  },
  async (threads) => {
    setThreads(threads);
    const configFile = join(await largeWorkspace({ maxSteps: 2, maxCompletionLength: 16 }), 'run.grpo.json');
    const outcome = async () => numbersOf((await trainHere(configFile)).result);
    const first = await outcome();
    expect(first.metrics.at(-1)!.grad_norm).toBeGreaterThan(0);
    expect(await outcome()).toEqual(first);
  },
);
