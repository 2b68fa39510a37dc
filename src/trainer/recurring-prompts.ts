import { trainingOrder } from '../data/prompt-order.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { PromptList } from './prompt-list.ts';
import type { Replay } from './recorded-steps.ts';
import { promptKey } from './stages/prompt-memory.ts';

/** Throws BadInput where `baseline: "history"` would never have a history: no prompt comes up twice in the run. */
export function checkRecurrence(
  config: Pick<RunConfig, 'baseline' | 'maxSteps' | 'promptsPerStep' | 'numGenerations' | 'seed' | 'shuffleDataset'>,
  prompts: PromptList,
  replay: Replay | undefined,
  at: SourceLocation,
): void {
  if (config.baseline !== 'history') return;
  const { maxSteps, promptsPerStep } = config;
  if (replay) {
    const seen = replay.rollouts.slice(0, maxSteps);
    // Every completion has its prompt: the first of each group stands for it.
    if (
      recurs(seen, (rollout) =>
        rollout.filter((_, i) => i % config.numGenerations === 0).map(({ prompt }) => promptKey(prompt)),
      )
    )
      return;
    const message = `"baseline" is "history", but no prompt comes up twice in the ${maxSteps === 1 ? 'recorded step' : `${maxSteps} recorded steps`}; use the baseline "group".`;
    throw new BadInput(message, at);
  }
  const order = trainingOrder(config, prompts.length);
  const steps = Array.from({ length: maxSteps }, (_, index) => index + 1);
  if (recurs(steps, (step) => order(step).map((row) => promptKey(prompts.row(row))))) return;
  const count = promptsPerStep * maxSteps;
  throw new BadInput(
    `"baseline" is "history", but no prompt comes up twice: the run takes ${count} prompts (${promptsPerStep} × ${maxSteps} ${maxSteps === 1 ? 'step' : 'steps'}), and the dataset has ${prompts.length}. Raise "maxSteps" or "promptsPerStep", lower "maxRows", or use the baseline "group".`,
    at,
  );
}

/** Whether a key comes up twice; asks for no more steps than it takes to tell. */
function recurs<Step>(steps: readonly Step[], keysOf: (step: Step) => string[]): boolean {
  const seen = new Set<string>();
  return steps.some((step) => keysOf(step).some((key) => seen.size === seen.add(key).size));
}
