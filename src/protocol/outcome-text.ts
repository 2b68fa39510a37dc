import type { RewardOutcome } from './rewards.ts';

/** What a function made of a sample: its score, `abstains`, or what went wrong in a word; `…` while it is not known. */
export function outcomeText(outcome: RewardOutcome | undefined, number: (score: number) => string): string {
  if (!outcome) return '…';
  switch (outcome.kind) {
    case 'score':
      return number(outcome.score);
    case 'abstain':
      return 'abstains';
    case 'failure':
      return outcome.failure;
    default:
      return outcome satisfies never;
  }
}
