import type { ModelConfig } from '../../src/model/config.ts';
import { isAttention } from '../../src/model/config.ts';
import { adaptedModules } from '../../src/model/lora-targets.ts';
import { modulesOf } from '../../src/model/modules.ts';

/** The lengths of a step's sequences, in tokens: of each prompt, and of the completions, group after group. */
export interface StepLengths {
  prompts: readonly number[];
  completions: readonly number[];
}

/** Floating-point operations of a step's matrix products, by phase; a multiplication and an addition are two. */
export interface StepFlops {
  rollout: number;
  logprobs: number;
  update: number;
}

/** What the products of a step come to if nothing is computed twice: a prompt's once for its group, and the head's for completion tokens only. */
export function stepFlops(config: ModelConfig, { prompts, completions }: StepLengths): StepFlops {
  const { hiddenSize, vocabSize, lora, recomputed } = config;
  const group = completions.length / prompts.length;
  const adapted = adaptedModules(config);
  let [layers, adapters] = [0, 0];
  for (const module of modulesOf(config)) {
    if (module.kind !== 'linear') continue;
    layers += 2 * module.inputs * module.outputs;
    adapters += 2 * (adapted.get(module.name)?.r ?? 0) * (module.inputs + module.outputs);
  }
  const head = 2 * hiddenSize * vocabSize;
  // Scores and mixed values, for each token that another one sees.
  const pair = config.layers.reduce(
    (flops, { mixer }) => flops + (isAttention(mixer) ? 4 * mixer.heads * mixer.headDim : 0),
    0,
  );

  const targets = sum(completions);
  // The last token of a completion is read by nobody.
  const read = sum(prompts) + targets - completions.length;
  const pairs =
    sum(prompts.map(triangle)) +
    sum(completions.map((length, row) => (length - 1) * prompts[Math.floor(row / group)]! + triangle(length - 1)));
  const forward = (withAdapter: boolean) =>
    read * (layers + (withAdapter ? adapters : 0)) + pairs * pair + targets * head;

  // Backward: of a trained matrix the gradients of its input and of itself, of a frozen one that of its input.
  const backward = lora ? read * (layers + 2 * adapters) + 2 * pairs * pair + targets * head : 2 * forward(false);
  const again = recomputed ? forward(true) - targets * head : 0;
  return {
    // Prompts need the head at their last token, from which the first of each completion is drawn.
    rollout: forward(true) - (completions.length - prompts.length) * head,
    logprobs: forward(false),
    update: forward(true) + backward + again,
  };
}

/** How many tokens tokens see, themselves among them. */
const triangle = (length: number): number => (length * (length + 1)) / 2;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
