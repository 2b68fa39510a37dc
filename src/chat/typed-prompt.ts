import { PromptTemplate } from '../data/prompt-template.ts';
import type { MappedRow } from '../data/row-mapping.ts';
import { BadInput } from '../protocol/errors.ts';
import type { PromptMapping } from '../protocol/inputs-config.ts';
import type { ChatMessage, Prompt } from '../protocol/rewards.ts';

/** What a run's prompts are like. */
export interface PromptForm {
  /** The run config's `prompt`. */
  mapping: PromptMapping | null;
  /** One of the run's prompts; undefined where there is none to be read. */
  example: Prompt | undefined;
  /** Whether the model has a chat template. */
  hasTemplate: boolean;
}

/** Whether its prompts are messages, so that a conversation can go on. */
export const isChat = ({ example, mapping, hasTemplate }: PromptForm): boolean => {
  if (example !== undefined) return typeof example !== 'string';
  const isText = typeof mapping === 'object' && mapping !== null && 'text' in mapping;
  return hasTemplate && !isText;
};

/**
 * A typed text as a prompt in the form of the run's: in the place of the one column that the run's template reads, with its system message and
 * the beginning of its answer. Where the template reads several columns, the text is the message itself.
 */
export function typedPrompt(text: string, form: PromptForm): MappedRow {
  const { mapping, example } = form;
  if (typeof mapping === 'object' && mapping !== null) {
    if ('text' in mapping) {
      const { content, columns } = filled(mapping.text, text);
      return { prompt: content, columns };
    }
    const { content, columns } = filled(mapping.user, text);
    const others = [
      ...message('system', mapping.system, columns),
      { role: 'user', content },
      ...message('assistant', mapping.prefill, columns).map((begun) => ({ ...begun, prefix: true })),
    ];
    return { prompt: others, columns };
  }
  const columns =
    typeof mapping === 'string' && /^\w+$/.test(mapping) && mapping !== 'prompt' ? { [mapping]: text } : {};
  if (!isChat(form)) return { prompt: text, columns };
  const system =
    typeof example === 'object' ? example.filter(({ role }, index) => index === 0 && role === 'system') : [];
  return { prompt: [...system, { role: 'user', content: text }], columns };
}

/** The next turn: what was said, the answer, and the next text; the answer to it begins as the first one did. */
export function nextTurn(prompt: ChatMessage[], answer: string, text: string): ChatMessage[] {
  const last = prompt.at(-1)!;
  const begun = last.prefix === true && typeof last.content === 'string' ? [last] : [];
  const said = begun.length > 0 ? prompt.slice(0, -1) : prompt;
  const whole = `${begun[0]?.content ?? ''}${answer}`;
  return [...said, { role: 'assistant', content: whole }, { role: 'user', content: text }, ...begun];
}

function filled(source: string, text: string): { content: string; columns: Record<string, unknown> } {
  const template = new PromptTemplate(source, 'prompt', undefined);
  const [column, ...others] = template.variables;
  const asIs = { content: text, columns: {} };
  if (column === undefined || others.length > 0) return asIs;
  const columns = { [column]: text };
  const content = rendered(template, columns);
  return content === undefined ? asIs : { content, columns };
}

/** A message of the mapping; none where it needs columns that a typed text has not. */
function message(role: string, source: string | undefined, columns: Record<string, unknown>): ChatMessage[] {
  if (source === undefined) return [];
  const content = rendered(new PromptTemplate(source, role, undefined), columns);
  return content === undefined ? [] : [{ role, content }];
}

function rendered(template: PromptTemplate, columns: Record<string, unknown>): string | undefined {
  try {
    return template.render(columns, { file: '' });
  } catch (error) {
    if (error instanceof BadInput) return undefined;
    throw error;
  }
}
