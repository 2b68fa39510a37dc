import type { RewardInput, RewardResult } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  numbers: number[];
}

/**
 * One point for each of the prompt's numbers that the answer has, less one for each number too many: [0, 1, 2, 3] for "Sort 3 1 0 2:"
 * earns 4, [7, 2, 2, 5] earns 1. Without that cost the model would learn to sort, and then to chatter on.
 */
export function inclusion({ completion, numbers }: RewardInput<Columns>): RewardResult {
  const answer = numbersIn(completion);
  const missing = [...numbers];
  for (const number of answer) {
    const at = missing.indexOf(number);
    if (at >= 0) missing.splice(at, 1); // a number counts as often as the prompt has it
  }
  const tooMany = Math.max(0, answer.length - numbers.length);
  return {
    score: Math.max(0, numbers.length - missing.length - tooMany),
    extracted: answer.join(' '),
    ...(missing.length > 0 && { reason: `missing ${missing.join(', ')}` }),
    ...(tooMany > 0 && { reason: `${tooMany} too many` }),
  };
}

/** One point for each neighbour that is not smaller than the number before it: [0, 1, 2, 3] earns 3, [7, 2, 2, 5] earns 2. */
export function ordering({ completion, numbers }: RewardInput<Columns>): RewardResult {
  const answer = numbersIn(completion).slice(0, numbers.length); // or a longer answer would earn more
  const score = answer.filter((number, i) => i > 0 && answer[i - 1]! <= number).length;
  return { score, extracted: answer.join(' ') };
}

/** The numbers up to the first word that is none. */
function numbersIn(completion: string): number[] {
  const words = completion.trim().split(/\s+/);
  const end = words.findIndex((word) => !/^\d+$/.test(word));
  return (end < 0 ? words : words.slice(0, end)).map(Number);
}
