import type { Prompt } from '../protocol/rewards.ts';

/**
 * The completions (by index) of text prompts and those of chat prompts, the first one's form first. TRL passes a batch in the form of its
 * first prompt, and Python rewards are written for one form in a call.
 */
export function rowsByForm(prompts: readonly Prompt[]): number[][] {
  const isText = (row: number) => typeof prompts[row] === 'string';
  const rows = [...prompts.keys()];
  return [rows.filter((row) => isText(row) === isText(0)), rows.filter((row) => isText(row) !== isText(0))];
}
