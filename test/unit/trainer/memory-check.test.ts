/** What is planned for a step's memory is what the step then takes. */
import { describe, expect, test } from 'vitest';
import type { CompileOptions } from '../../../src/engine/engine.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import type { TensorTree } from '../../../src/engine/tree.ts';
import type { ModelConfig } from '../../../src/model/config.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { readModel } from '../../../src/model/files/read-model.ts';
import { activationBytes, activationsAtOnce } from '../../../src/model/network/activations.ts';
import { packedBytes } from '../../../src/model/quantized.ts';
import { type RunConfig, runConfigSchema } from '../../../src/protocol/run-config.ts';
import { longestSequences, stepBytes } from '../../../src/trainer/memory-check.ts';
import { LocalLearner } from '../../../src/trainer/policy/local-learner.ts';
import { startAdapter } from '../../../src/trainer/policy/start-adapter.ts';

const SORT = 'sample-workspace/models/tiny-sort';
const sort = readModelConfig(SORT);
const configOf = (fields: object): RunConfig =>
  runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: [], lora: { r: 2 }, numGenerations: 4, ...fields });
const planned = (model: ModelConfig, config: RunConfig) => stepBytes(model, longestSequences(config), config);

/** Counts the graphs with packed weights that are alive. */
class CountingEngine extends OnnxEngine {
  alive = new Set<object>();
  packing = 0;

  override compile<I extends TensorTree, O extends TensorTree>(
    ...[name, program, options]: Parameters<typeof OnnxEngine.prototype.compile<I, O>>
  ) {
    const compiled = super.compile(name, program, options as CompileOptions<O>);
    const own = {};
    return {
      run: (...args: Parameters<typeof compiled.run>) => {
        this.alive.add(own);
        if (options?.packsFrozen) this.packing++;
        return compiled.run(...args);
      },
      dispose: () => {
        this.alive.delete(own);
        return compiled.dispose();
      },
    };
  }
}

describe('copies of weights in 4 bits that graphs have packed', () => {
  const evaluated = { evalDataset: 'e', evalSteps: 1, numGenerationsEval: 2 };
  const copies = (model: ModelConfig, fields: object) => {
    const config = configOf({ ...fields, quantization: 'int4' });
    const int4 = { ...model, quantization: 'int4' } as const;
    return (planned(int4, config) - planned(model, config)) / packedBytes(int4);
  };

  test('are those of sampling, of scoring, and of evaluations in groups of another size', () => {
    expect(copies(sort, {})).toBe(2);
    expect(copies(sort, evaluated)).toBe(3);
    expect(copies(sort, { ...evaluated, numGenerationsEval: 4 })).toBe(2);
    expect(copies(sort, { ...evaluated, evalSteps: null, evalOnStart: false })).toBe(2);
    // Graphs of large models are given up between the phases of a step; of small ones they stay.
    expect(copies({ ...sort, recomputed: true }, evaluated)).toBe(3);
    expect(copies({ ...sort, recomputed: true, vocabSize: 2 ** 21 }, evaluated)).toBe(1);
  });

  test('are as many as a learner has, and none once its stage is over', async () => {
    const engine = new CountingEngine();
    const config = configOf({ ...evaluated, quantization: 'int4', beta: 0.1 });
    const { config: read, weights } = await readModel(SORT, undefined, { quantization: 'int4' });
    const model: ModelConfig = { ...read, quantization: 'int4', lora: config.lora! };
    const adapter = startAdapter(model, 1, weights);
    const learner = new LocalLearner({ engine, model, config, weights, adapter, eosTokenIds: [] });
    for (const group of [config.numGenerations, config.numGenerationsEval])
      await learner.sampler(group).sample([[3, 4]], 4, ['test']);
    await learner.logProbs([{ promptIds: [3, 4], completionIds: [5, 6] }], 1);
    expect(engine.packing).toBe(3);
    expect(engine.alive.size).toBeGreaterThanOrEqual(3);
    await learner.handOver();
    expect(engine.alive.size).toBe(0);
  });
});

describe('activations of an update', () => {
  const large = { promptsPerStep: 64, numGenerations: 8, maxCompletionLength: 1024 };
  const forGradient = { forGradient: true };
  const of = (config: RunConfig, group: number) => activationBytes(sort, longestSequences(config), group, forGradient);
  const atOnce = activationsAtOnce(sort, forGradient);

  test('are cut to what is taken at once, except where the loss depends on how they are cut', () => {
    const whole = configOf({ ...large, lossType: 'bnpo' });
    expect(of(whole, 8)).toBeGreaterThan(2 * atOnce);
    const plain = planned(sort, configOf({ ...large, lossType: 'dapo' }));
    expect(planned(sort, whole) - plain).toBe(of(whole, 8) - atOnce);
    expect(planned(sort, configOf({ ...large, topEntropyQuantile: 0.5 }))).toBe(planned(sort, whole));
    const inParts = configOf({ ...large, lossType: 'bnpo', gradientAccumulationSteps: 4 });
    expect(planned(sort, inParts) - plain).toBe(of({ ...whole, promptsPerStep: 16 }, 8) - atOnce);
  });

  test('are those of the largest groups, where groups grow', () => {
    const grown = configOf({ ...large, lossType: 'bnpo', numGenerations: undefined, generations: { min: 8, max: 32 } });
    const fixed = configOf({ ...large, lossType: 'bnpo', numGenerations: 32 });
    expect(longestSequences(grown)).toHaveLength(64 * 32);
    expect(planned(sort, grown)).toBeGreaterThan(3 * planned(sort, configOf({ ...large, lossType: 'bnpo' })));
    // Their prompts are computed once for each part that has grown.
    expect(planned(sort, grown)).toBeGreaterThanOrEqual(planned(sort, fixed));
  });

  test('are at least those of one completion, which is not cut', () => {
    const long = configOf({ promptsPerStep: 1, maxCompletionLength: 2 ** 17, lossType: 'dapo' });
    const alone = activationBytes(sort, longestSequences(long).slice(0, 1), 1, forGradient);
    expect(alone).toBeGreaterThan(atOnce);
    expect(planned(sort, long)).toBeGreaterThan(alone);
  });
});
