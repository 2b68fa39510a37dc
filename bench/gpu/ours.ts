import { uniforms } from '../../src/data/random.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { Sampler } from '../../src/model/generation/sampler.ts';
import { runConfigSchema } from '../../src/protocol/run-config.ts';
import { Policy } from '../../src/trainer/policy/policy.ts';
import { placeStart } from '../../src/trainer/policy/start-weights.ts';
import { modelOf, parametersOf, randomWeights, SHAPES } from './shapes.ts';
import type { GpuStep, GpuWork } from './work.ts';

/** No token has this id: completions continue to their limit. */
const NEVER = -1;

/** Takes steps of GRPO on an engine, of a model with random weights; gives the figures of those after the first. */
export async function ourSteps(engine: Engine, work: GpuWork, onStep: (step: GpuStep) => void): Promise<void> {
  const model = modelOf(SHAPES[work.shape]!);
  const config = runConfigSchema.parse({
    ...{ model: 'random', dataset: 'none', rewards: [], beta: 0.04, learningRate: 1e-6, maxSteps: work.steps + 1 },
    ...{ promptsPerStep: work.prompts, numGenerations: work.generations, maxCompletionLength: work.tokens },
  });
  const host = randomWeights(model);
  const parameters = parametersOf(host);
  const weights = await placeStart(engine, model, host, { frozen: false });
  const policy = new Policy(engine, model, config, { weights });
  const sampler = new Sampler(engine, model, {
    ...{ group: work.generations, temperature: 1, topK: 0, topP: 1, minP: 0 },
    ...{ eosTokenIds: [NEVER], minTokens: 0 },
  });
  const rows = work.prompts * work.generations;
  const prompts = Array.from({ length: work.prompts }, (_, prompt) =>
    Array.from({ length: work.promptTokens }, (__, token) => (prompt * 31 + token * 7) % model.vocabSize),
  );
  for (let step = 0; step <= work.steps; step++) {
    const started = performance.now();
    const completions = await sampler.sample(
      await policy.weights(),
      prompts,
      work.tokens,
      uniforms(1, ['rollout', step], work.tokens * rows),
    );
    const sampled = performance.now();
    if (work.rolloutsOnly) {
      const rollout = (sampled - started) / 1000;
      if (step > 0) onStep({ parameters, rollout, reference: 0, update: 0, step: rollout });
      continue;
    }
    const experiences = completions.map(({ ids }, row) => ({
      promptIds: prompts[Math.floor(row / work.generations)]!,
      completionIds: ids,
      advantage: ((row * 5) % 7) / 3 - 1,
      mask: new Uint8Array(ids.length).fill(1),
    }));
    const { seconds } = await policy.update(experiences);
    const rollout = (sampled - started) / 1000;
    // The first step compiles.
    if (step > 0) onStep({ parameters, rollout, ...seconds, step: (performance.now() - started) / 1000 });
  }
}
