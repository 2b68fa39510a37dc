import type { RewardInput, RewardResult } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  answer: number;
}

const TAGS = ['<reasoning>', '</reasoning>', '<answer>', '</answer>'];

/** 2 points for the right sum, taken from the answer's tags or, without them, from the end of the text. */
export function correctness({ completion, answer }: RewardInput<Columns>): RewardResult {
  const extracted = answerIn(completion);
  if (extracted === undefined) return { score: 0, reason: 'no number as the answer' };
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

/**
 * The number in the tags, if no words or other numbers are there, or the last number of the text, if no words follow and no "not" precedes it. The last number of
 * any text would be simpler, but then "definitely not 52" and "52 is wrong" earn as much as 52: "GRPO: Audit Rewards" tries such tricks. It also tells that
 * "fifty-two", "52 units" and "\boxed{52}" earn nothing, which is fine here: no prompt asks for them.
 */
function answerIn(completion: string): string | undefined {
  const tagged = /<answer>(.*?)<\/answer>/s.exec(completion)?.[1];
  if (tagged !== undefined) return /^[^\p{L}\d-]*(-?\d+)(\.0+)?[^\p{L}\d]*$/u.exec(tagged)?.[1];
  return /(?<!\b(?:not|but) )(?<!\d)(-?\d+)[^\p{L}\d]*$/u.exec(completion)?.[1];
}
