/**
 * Makes the datasets of `sample-workspace/remedies/difficulty.grpo.json`: `node scripts/run.mjs scripts/sample-models/difficulty.ts`.
 * Easy prompts have the four largest digits, which the sample model's answers mostly begin with; of the hard ones there are as many.
 */
import { writeFileSync } from 'node:fs';
import { drawer, sort } from './tasks.ts';

const FOLDER = 'sample-workspace/remedies';
const ROWS = { train: 64, eval: 32 };

const draw = drawer(1, 'difficulty');
const easy = (): number[] => {
  const left = [6, 7, 8, 9];
  return Array.from({ length: 4 }, () => left.splice(draw.below(left.length), 1)[0]!);
};

/** Other ones than were taken before. */
function hard(taken: Set<string>): number[] {
  for (;;) {
    const { prompt, numbers } = sort.problem(draw);
    if (numbers.every((number) => number > 5) || taken.has(prompt)) continue;
    taken.add(prompt);
    return numbers;
  }
}

const taken = new Set<string>();
for (const [name, count] of Object.entries(ROWS)) {
  const row = (difficulty: string, numbers: number[]) =>
    `${JSON.stringify({ prompt: `Sort ${numbers.join(' ')}:`, numbers, difficulty })}\n`;
  const rows = Array.from({ length: count }, () => row('easy', easy()) + row('hard', hard(taken)));
  writeFileSync(`${FOLDER}/difficulty.${name}.jsonl`, rows.join(''));
}
