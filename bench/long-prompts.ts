/** Prompts of a given length: a passage before the question, as a user's own document would stand there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readJsonLines } from '../src/files/json-lines.ts';
import { loadTokenizer, type Tokenizer } from '../src/model/tokenizer/tokenizer.ts';
import { BadInput } from '../src/protocol/errors.ts';
import type { Prompt } from '../src/protocol/rewards.ts';

const PASSAGE = readFileSync('bench/instructions/passage.txt', 'utf8').trim().split(/\s+/);

/**
 * Writes the dataset with every prompt lengthened to `tokens` of the model's tokens, its chat template's included, as nearly as whole
 * words can. Throws BadInput when a prompt is already longer.
 */
export function writeLongPrompts(dataset: string, tokens: number, model: string, file: string): void {
  const tokenizer = loadTokenizer(model);
  const rows = readJsonLines(dataset, 'dataset');
  const longer = rows.map(({ value }) => ({ ...value, prompt: lengthen(value.prompt as Prompt, tokens, tokenizer) }));
  writeFileSync(file, longer.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function lengthen(prompt: Prompt, tokens: number, tokenizer: Tokenizer): Prompt {
  const fits = (words: number) => tokenizer.encodePrompt(withPassage(prompt, words)).ids.length <= tokens;
  if (!fits(0)) throw new BadInput(`--prompt-tokens ${tokens}: some prompts are already longer than that.`);
  // The most words that fit: a word has one token or more.
  let [most, tooMany] = [0, tokens + 1];
  while (tooMany - most > 1) {
    const middle = (most + tooMany) >> 1;
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return withPassage(prompt, most);
}

function withPassage(prompt: Prompt, words: number): Prompt {
  if (words === 0) return prompt;
  const passage = Array.from({ length: words }, (_, index) => PASSAGE[index % PASSAGE.length]!).join(' ');
  if (typeof prompt === 'string') return `${passage}\n\n${prompt}`;
  const question = prompt.findLastIndex(({ role }) => role === 'user');
  return prompt.map((message, index) =>
    index === question ? { ...message, content: `${passage}\n\n${message.content}` } : message,
  );
}
