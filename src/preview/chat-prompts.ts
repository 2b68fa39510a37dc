import type { PromptMapping } from '../protocol/inputs-config.ts';
import { type Remedy, setField } from '../protocol/remedy.ts';

/** What helps a reward that reads chat messages where a sample's prompt is text. */
export interface ChatPromptAdvice {
  /** The edit of the run config that makes chat messages of its prompts. */
  remedy?: Remedy;
  /** Where there is nothing to edit in it. */
  words?: string;
}

export function chatPromptAdvice(prompt: PromptMapping | null): ChatPromptAdvice {
  if (typeof prompt === 'object' && prompt !== null && 'user' in prompt)
    return {
      words: `the run's prompts are chat messages already: generate these samples again, or edit their "prompt"`,
    };
  const user = userTemplate(prompt);
  return user === undefined ? {} : { remedy: setField('prompt', { user }) };
}

function userTemplate(prompt: string | { text: string } | null): string | undefined {
  if (typeof prompt === 'object' && prompt !== null) return prompt.text;
  const column = prompt ?? 'prompt';
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(column) ? `{{ ${column} }}` : undefined;
}
