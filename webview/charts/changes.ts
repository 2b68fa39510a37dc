import { changeText } from '../../src/protocol/difference-text.ts';
import type { RunChange } from '../../src/protocol/run-folder.ts';
import { formatCount } from '../format.ts';

/** So many are told one by one. */
const TOLD = 4;

/** In words what changed about a run, by the first step with it: `From step 41: learningRate 0.0001 → 0.0003`. */
export function changesByStep(changes: readonly RunChange[] = []): { step: number; text: string }[] {
  const steps = [...new Set(changes.map(({ step }) => step))].sort((a, b) => a - b);
  return steps.map((step) => {
    const texts = changes.filter((change) => change.step === step).map(changeText);
    const more = texts.length > TOLD ? ` and ${texts.length - TOLD} more` : '';
    return { step, text: `From step ${formatCount(step)}: ${texts.slice(0, TOLD).join(', ')}${more}` };
  });
}
