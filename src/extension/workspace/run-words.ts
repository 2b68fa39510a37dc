import { rewardText } from '../../protocol/held-out.ts';
import { measureText } from '../../protocol/run-measure.ts';
import type { Run } from '../../run-folder/read-run.ts';

/** What a run has come to, for a list: `held-out 5.8`, or `reward 5.2` where nothing is held out; undefined before its first reward. */
export function measureOf({ measure }: Run): string | undefined {
  if (!measure) return undefined;
  return `${measure.kind === 'held-out' ? 'held-out' : 'reward'} ${rewardText(measure.reward)}`;
}

/** The same in a sentence: which measure it is, what it was before training, after which step, and the best of it. */
export function measureSentence({ measure, info: { heldOut } }: Run): string | undefined {
  if (!measure) return undefined;
  const { reward, step, best, bestStep } = measure;
  const highest = best > reward ? `; best ${rewardText(best)} after step ${bestStep}` : '';
  const before = measure.kind === 'held-out' && heldOut ? `${rewardText(heldOut.first.reward)} → ` : '';
  return `${measureText(measure)}: ${before}${rewardText(reward)} after step ${step}${highest}`;
}
