import type { Reward, RewardInput } from 'grpo/rewards';

/** What the dataset's rows have besides the prompt. */
interface Columns {
  numbers: number[];
  difficulty: 'easy' | 'hard';
}

/** Easy: the answer begins with one of the prompt's numbers. Hard: it is all of them, sorted. */
export function solved({ completion, numbers, difficulty }: RewardInput<Columns>): Reward {
  const answer = completion.trim();
  const isSolved =
    difficulty === 'easy'
      ? numbers.some((number) => answer.startsWith(String(number)))
      : answer === numbers.toSorted((a, b) => a - b).join(' ');
  return isSolved ? 1 : 0;
}

/** The shorter the better: 1 for no answer, 0 for one of 16 characters. */
export function brevity({ completion }: RewardInput<Columns>): Reward {
  return 1 - completion.length / 16;
}

/** `solved` of easy prompts; the others have no score. */
export function easy(input: RewardInput<Columns>): Reward {
  return input.difficulty === 'easy' ? solved(input) : null;
}

/** `solved` of hard prompts; the others have no score. */
export function hard(input: RewardInput<Columns>): Reward {
  return input.difficulty === 'hard' ? solved(input) : null;
}
