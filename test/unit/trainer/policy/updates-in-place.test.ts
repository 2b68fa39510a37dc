/** Updates on the CPU are written over what they replace; what somebody else still reads stays. */
import { expect, test } from 'vitest';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import type { Experience } from '../../../../src/grpo/trajectory.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import type { Weights } from '../../../../src/model/weights-tree.ts';
import { runConfigSchema } from '../../../../src/protocol/run-config.ts';
import { Policy } from '../../../../src/trainer/policy/policy.ts';
import { LARGE_VOCABULARY, randomModel } from '../../../webgpu/random-model.ts';

const EMBEDDING = 'model.embed_tokens.weight';

const rollout: Experience[] = [1, -1].map((advantage) => ({
  promptIds: [5, 6, 7],
  completionIds: advantage > 0 ? [69_999, 3, 40_000] : [20_000, 0, 5],
  mask: [1, 1, 1],
  advantage,
}));

const copyOf = (weights: Weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data.slice()]));

async function open(fields: object) {
  const { config: model, weights } = await readModel(await randomModel(LARGE_VOCABULARY));
  const config = runConfigSchema.parse({
    ...{ model: 'm', dataset: 'd', rewards: [], numGenerations: 2, promptsPerStep: 1, learningRate: 1e-2 },
    ...fields,
  });
  return { model, weights, policy: new Policy(new OnnxEngine(), model, config, { weights }) };
}

test('without a reference the start weights themselves are updated, and the arrays stay the same from then on', async () => {
  const { weights, policy } = await open({ beta: 0 });
  const before = copyOf(weights);
  const arrays = { ...policy.state.weights };
  for (let update = 1; update <= 2; update++) {
    await policy.update(rollout);
    for (const [name, array] of Object.entries(policy.state.weights)) expect(array, name).toBe(arrays[name]);
  }
  // Words at both ends of the vocabulary have learned.
  const [rows, width] = weights[EMBEDDING]!.shape as [number, number];
  for (const word of [0, 5, 20_000, 40_000, 69_999, rows - 1]) {
    const row = (data: ArrayLike<number>) => Array.from({ length: width }, (_, column) => data[word * width + column]);
    expect(row(weights[EMBEDDING]!.data), `word ${word}`).not.toEqual(row(before[EMBEDDING]!));
  }
});

test('a reference stays what it was: the start, and later the policy that became it', async () => {
  const { weights, policy } = await open({ beta: 0.1, syncRefModel: true, refModelMixupAlpha: 1 });
  const start = copyOf(weights);
  await policy.update(rollout);
  expect(copyOf(weights)).toEqual(start);
  expect(policy.state.weights[EMBEDDING]!.data).not.toEqual(start[EMBEDDING]);

  await policy.syncReference();
  const reference = policy.state.syncedReference!;
  const synced = copyOf(reference);
  await policy.update(rollout);
  expect(copyOf(reference)).toEqual(synced);
  expect(policy.state.weights[EMBEDDING]!.data).not.toEqual(synced[EMBEDDING]);
});
