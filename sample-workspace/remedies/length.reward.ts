import type { Reward, RewardInput } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  numbers: number[];
}

/** One point if the answer begins with the prompt's numbers, sorted; what follows makes no difference. */
export function correct({ completion, numbers }: RewardInput<Columns>): Reward {
  const answer = completion.trim().split(/\s+/).slice(0, numbers.length).join(' ');
  return answer === numbers.toSorted((a, b) => a - b).join(' ') ? 1 : 0;
}

/** One point for each number that is not smaller than the one before, to the end of the completion: the flaw of this task. */
export function ordered({ completion }: RewardInput<Columns>): Reward {
  const answer = completion.trim().split(/\s+/).map(Number);
  return answer.filter((number, i) => i > 0 && answer[i - 1]! <= number).length;
}

/** The length in tokens of correct completions; the others have no score. */
export function right_length(input: RewardInput<Columns>): Reward {
  return correct(input) === 1 ? lengthOf(input) : null;
}

/** The same of the others. */
export function wrong_length(input: RewardInput<Columns>): Reward {
  return correct(input) === 0 ? lengthOf(input) : null;
}

const lengthOf = ({ completion, completionIds }: RewardInput<Columns>): number =>
  completionIds?.length ?? completion.length;
