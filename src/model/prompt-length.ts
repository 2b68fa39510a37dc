import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { ModelConfig } from './config.ts';

/** Throws BadInput, with `at`, where the model takes prompts of another length only. */
export function checkPromptLength({ positions }: ModelConfig, length: number, at?: SourceLocation): void {
  if (!positions || positions.promptLength === length) return;
  const tokens = (count: number) => `${count} ${count === 1 ? 'token' : 'tokens'}`;
  throw new BadInput(
    `This prompt has ${tokens(length)}, and the model takes prompts of ${tokens(positions.promptLength)} only.`,
    at,
  );
}
