import type { Remedy } from '../protocol/remedy.ts';
import type { PromptMapping } from '../protocol/run-config.ts';

/** The edit of a run config that makes chat messages of its plain prompts; undefined where they are chat messages, or cannot be named. */
export function chatPrompts(prompt: PromptMapping | null): Remedy | undefined {
  const user = userTemplate(prompt);
  return user === undefined ? undefined : { action: 'set', path: ['prompt'], value: { user } };
}

function userTemplate(prompt: PromptMapping | null): string | undefined {
  if (typeof prompt === 'object' && prompt !== null) return 'text' in prompt ? prompt.text : undefined;
  const column = prompt ?? 'prompt';
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(column) ? `{{ ${column} }}` : undefined;
}
