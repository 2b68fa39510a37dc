import type { RewardInput, RewardResult } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  numbers: number[];
}

/** One point for each of the prompt's numbers that the answer has: [0, 1, 2, 3] for "Sort 3 1 0 2:" earns 4, [7, 2, 2, 5] earns 1. */
export function inclusion({ completion, numbers }: RewardInput<Columns>): RewardResult {
  const answer = numbersIn(completion);
  const left = [...numbers];
  let score = 0;
  for (const number of answer.slice(0, numbers.length)) {
    const at = left.indexOf(number);
    if (at < 0) continue;
    left.splice(at, 1); // a number that stands twice in the answer counts twice only if it does so in the prompt
    score++;
  }
  return { score, extracted: answer.join(' '), ...(left.length > 0 && { reason: `missing ${left.join(', ')}` }) };
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
