import type { Reward, RewardInput } from 'grpo/rewards';

/** The digits of a text: "102" is [1, 0, 2]. */
const digits = (text: string): number[] => [...text].map(Number);

/** The number of positions at which the response has the digit that the sorted prompt has there: 0 to 3. */
export function distance({ prompt, completion }: RewardInput): Reward {
  const response = digits(completion);
  const sorted = digits(prompt as string).sort((a, b) => a - b);
  return sorted.filter((digit, position) => response[position] === digit).length;
}

/** The number of the prompt's digits that are somewhere in the response: 0 to 3. */
export function inclusion({ prompt, completion }: RewardInput): Reward {
  return digits(prompt as string).filter((digit) => completion.includes(String(digit))).length;
}

/** The number of neighbors in the response that are in order: 0 to 2, also if they have nothing to do with the prompt. */
export function ordering({ completion }: RewardInput): Reward {
  const response = digits(completion);
  return response.filter((digit, position) => position > 0 && response[position - 1]! <= digit).length;
}

/** Whether the response is the sorted prompt: no partial credit. In a run with weight 0, it is measured and not rewarded. */
export function sorted({ prompt, completion }: RewardInput): Reward {
  return completion === (prompt as string).split('').sort().join('') ? 1 : 0;
}

/** The same for every response, so that there is nothing to learn. */
export function equal(): Reward {
  return 1;
}
