import type { Prompt } from '../protocol/rewards.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { formatShare } from '../text/numbers.ts';
import { evaluationsIn } from './evaluated-steps.ts';
import { earlySteps, recentSteps, shownBy } from './recorded-steps.ts';
import type { CompletionsOf, EvaluatedOf, RunHistory } from './run-history.ts';

/** A few shared prompts hardly change a mean. */
const SOME = 0.05;

/** Held-out prompts on which the run trains, too: what it scores on them may be learned by heart. */
export async function leakedPrompts(
  history: RunHistory,
  completionsOf: CompletionsOf,
  evaluatedOf: EvaluatedOf,
): Promise<RunFinding[]> {
  const evaluated = evaluationsIn(history).at(-1);
  const held = new Set((evaluated === undefined ? [] : await evaluatedOf(evaluated.step)).map(keyOf));
  if (held.size === 0) return [];
  const [early, recent] = [await earlySteps(history, completionsOf), await recentSteps(history, completionsOf)];
  const steps = [...early, ...recent.filter(({ step }) => !early.some((other) => other.step === step))];
  const groups = steps.flatMap((step) => step.groups.map(([first]) => first!));
  const leaked = groups.filter((row) => held.has(keyOf(row)));
  if (leaked.length === 0) return [];
  const distinct = new Set(leaked.map(keyOf)).size;
  const shares = [distinct / held.size, leaked.length / groups.length];
  return [
    {
      kind: 'held-out-leak',
      severity: shares.some((share) => share >= SOME) ? 'warning' : 'information',
      title: 'Held-out prompts are trained on',
      evidence: `${distinct} of ${held.size} held-out prompts came up in the ${steps.length} steps of training that were compared (${formatShare(shares[1])} of their groups), so the held-out reward also measures what was learned by heart. Remove them from the training prompts, or hold some of those out with "evalSplit" in place of "evalDataset".`,
      ...shownBy(steps, leaked),
      metrics: ['eval_reward'],
    },
  ];
}

/** What the model sees of a row. */
const keyOf = ({ prompt }: { prompt: Prompt }): string => JSON.stringify(prompt);
