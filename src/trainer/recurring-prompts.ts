import { type PromptOrder, trainingOrder } from '../data/prompt-order.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { PromptCurriculum } from './prompt-curriculum.ts';
import type { PromptList } from './prompt-list.ts';
import type { Replay } from './recorded-steps.ts';
import { promptKey } from './stages/prompt-memory.ts';

/** Throws BadInput where `baseline: "history"` would never have a history: no prompt comes up twice in the run. */
export function checkRecurrence(
  config: Pick<RunConfig, 'baseline' | 'maxSteps' | 'promptsPerStep' | 'numGenerations' | 'seed' | 'shuffleDataset'> &
    Partial<Pick<RunConfig, 'dynamicSampling' | 'curriculum'>>,
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
  // As many per step as it can come to draw: which of them are replaced shows in training only.
  const drawn = promptsPerStep * (config.dynamicSampling?.maxRounds ?? 1);
  const order = orderOf({ ...config, promptsPerStep: drawn }, prompts);
  const steps = Array.from({ length: maxSteps }, (_, index) => index + 1);
  if (recurs(steps, (step) => order(step).map((row) => promptKey(prompts.row(row))))) return;
  const most = drawn === promptsPerStep ? '' : 'at most ';
  const count = drawn * maxSteps;
  throw new BadInput(
    `"baseline" is "history", but no prompt comes up twice: the run takes ${most}${count} prompts (${drawn} × ${maxSteps} ${maxSteps === 1 ? 'step' : 'steps'}), and the dataset has ${prompts.length}. Raise "maxSteps" or "promptsPerStep", lower "maxRows", or use the baseline "group".`,
    at,
  );
}

function orderOf(
  config: Pick<RunConfig, 'maxSteps' | 'promptsPerStep' | 'seed' | 'shuffleDataset'> &
    Partial<Pick<RunConfig, 'curriculum'>>,
  prompts: PromptList,
): PromptOrder {
  const { curriculum, promptsPerStep } = config;
  if (!curriculum) return trainingOrder(config, prompts.length);
  const chosen = new PromptCurriculum({ ...config, curriculum }, prompts);
  return (step) => chosen.draw(step).take(promptsPerStep);
}

/** Whether a key comes up twice; asks for no more steps than it takes to tell. */
function recurs<Step>(steps: readonly Step[], keysOf: (step: Step) => string[]): boolean {
  const seen = new Set<string>();
  return steps.some((step) => keysOf(step).some((key) => seen.size === seen.add(key).size));
}
