import type { Remedy } from '../protocol/remedy.ts';
import { setting } from './grpo-steps.ts';
import type { RunHistory } from './run-history.ts';

/** A third of the learning rate, in two digits; undefined where the run does not say what it is. */
export function slower(history: RunHistory): Remedy | undefined {
  const rate = history.config.learningRate;
  return rate ? setting(history, 'learningRate', Number((rate / 3).toPrecision(2))) : undefined;
}
