import type { RewardInput, RewardResult } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  answer: number;
}

const TAGS = ['<reasoning>', '</reasoning>', '<answer>', '</answer>'];

/** 2 points for the right sum, taken from the answer's tags or, without them, from the end of the text. */
export function correctness({ completion, answer }: RewardInput<Columns>): RewardResult {
  const extracted = /<answer>\s*(-?\d+)\s*<\/answer>/.exec(completion)?.[1] ?? completion.match(/-?\d+/g)?.at(-1);
  if (extracted === undefined) return { score: 0, reason: 'no number in the completion' };
  return Number(extracted) === answer ? { score: 2, extracted } : { score: 0, extracted, reason: `expected ${answer}` };
}

/** 0.2 points for each of the four tags that stands there just once. */
export function format({ completion }: RewardInput<Columns>): RewardResult {
  const missing = TAGS.filter((tag) => completion.split(tag).length !== 2);
  return {
    score: (TAGS.length - missing.length) / 5,
    ...(missing.length > 0 && { reason: `not exactly once: ${missing.join(' ')}` }),
  };
}
