import { PromptRefused } from '../model/tokenizer/chat-template.ts';
import { loadChat, type Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Prompt } from '../protocol/rewards.ts';

export type RenderPrompt = (prompt: Prompt) => string | null;

/**
 * Renders prompts as a model sees them, its chat template being read when it is first needed; null where there is none to apply. Throws `PromptRefused` where the template refuses the prompt, as training would.
 */
export function promptRenderer(): (model: string | null, variables: Record<string, unknown>) => RenderPrompt {
  let folder: string | undefined;
  let chat: Tokenizer['renderChat'] | undefined;
  return (model, variables) => {
    return (prompt) => {
      // Plain text goes to the model as it is.
      if (typeof prompt === 'string' || model === null) return null;
      try {
        if (folder !== model) chat = loadChat(model);
        folder = model;
        return chat!(prompt, { variables });
      } catch (error) {
        if (error instanceof PromptRefused) throw error;
        return null;
      }
    };
  };
}
