import { BadInput, type SourceLocation } from '../../protocol/errors.ts';
import { PromptRefused } from './chat-template.ts';

/** Renders a prompt of the user's; where the chat template refuses it, the error is at the prompt. */
export function refusedAt<T>(at: SourceLocation, render: () => T): T {
  try {
    return render();
  } catch (error) {
    throw error instanceof PromptRefused ? new BadInput(error.problem.message, at) : error;
  }
}
