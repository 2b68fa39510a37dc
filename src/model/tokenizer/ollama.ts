import type { ChatMessage } from '../../protocol/rewards.ts';
import type { GgufVocabulary } from './gguf-vocabulary.ts';
import { loadChat, type Tokenizer } from './tokenizer.ts';

type Render = Tokenizer['renderChat'];

/**
 * The Modelfile that makes a .gguf file a model of Ollama's. Ollama does not run the chat template that is in the file: it compares its text
 * with those that it knows, and where none is near, chats reach the model as bare text. So the Modelfile says what the template writes, in
 * Ollama's own language.
 *
 * Source: `detectChatTemplate` and `template.Named` of https://github.com/ollama/ollama, and its docs/modelfile.md.
 */
export function modelfile(
  model: string,
  from: string,
  { otherStops, textBefore, template: source }: Pick<GgufVocabulary, 'otherStops' | 'textBefore' | 'template'>,
): { text: string; notes: string[] } {
  const lines = [`FROM ${from}`];
  const notes: string[] = [];
  const template = source === undefined ? '{{ .Prompt }}' : ollamaTemplate(loadChat(model), textBefore);
  if (template !== undefined) lines.push(`TEMPLATE """${template}"""`);
  else
    notes.push(
      "Ollama's own language cannot say what this chat template writes, so the Modelfile has no TEMPLATE; Ollama takes one that it knows, or none.",
    );
  if (template !== undefined && source?.includes('strftime_now'))
    notes.push('The chat template writes the date; the one in the Modelfile is of the day of the export.');
  for (const stop of otherStops) lines.push(`PARAMETER stop ${JSON.stringify(stop)}`);
  return { text: lines.join('\n'), notes };
}

/** What a template writes around the messages of each role, in front of a chat without a system message, and before the next answer. */
interface ChatTexts {
  roles: Map<string, [before: string, behind: string]>;
  withoutSystem: string;
  generation: string;
}

/**
 * A chat template in Ollama's language (Go's text/template); undefined where what it writes around a message depends on more than its role.
 * `textBefore` is skipped at the beginning: it comes with the tokens.
 */
export function ollamaTemplate(render: Render, textBefore = ''): string | undefined {
  const texts = textsOf(render, textBefore);
  if (!texts || !isAllThereIs(texts, render, textBefore)) return undefined;
  const { roles, withoutSystem, generation } = texts;
  const branches = [...roles].map(
    ([role, [before, behind]], index) =>
      `{{ ${index === 0 ? '' : 'else '}if eq .Role "${role}" }}${before}{{ .Content }}${behind}`,
  );
  const literals = [...roles.values()].flat().concat(withoutSystem, generation);
  if (literals.some((text) => /\{\{|"""/.test(text))) return undefined;
  const start = withoutSystem === '' ? '' : `{{ if not .System }}${withoutSystem}{{ end }}`;
  return `${start}{{ range .Messages }}${branches.join('')}{{ end }}{{ end }}${generation}`;
}

/** What no chat template writes, to be found again in what it writes. */
const MARK = '§content§';
const turns = (...roles: ChatMessage['role'][]): ChatMessage[] => roles.map((role) => ({ role, content: MARK }));

function textsOf(render: Render, textBefore: string): ChatTexts | undefined {
  const around = (...roles: ChatMessage['role'][]): string[] | undefined => {
    const text = rendered(render, turns(...roles), textBefore, false)?.split(MARK);
    return text?.length === roles.length + 1 ? text : undefined;
  };
  const [first, afterUser] = around('user') ?? [];
  const [, , afterAnswer] = around('user', 'assistant') ?? [];
  const [, beforeAnswer, beforeSecond] = around('user', 'assistant', 'user') ?? [];
  const full = rendered(render, turns('user'), textBefore, true);
  if (first === undefined || beforeAnswer === undefined || beforeSecond === undefined || full === undefined)
    return undefined;
  const beforeUser = beforeSecond.slice(afterAnswer!.length);
  const roles = new Map<string, [string, string]>();
  const withSystem = rendered(render, turns('system', 'user'), textBefore, true);
  // Some templates refuse system messages or leave them out.
  if (withSystem !== undefined && withSystem !== full) {
    const [beforeSystem, afterSystem] = around('system', 'user') ?? [];
    if (beforeSystem === undefined) return undefined;
    roles.set('system', [beforeSystem, afterSystem!.slice(0, afterSystem!.length - beforeUser.length)]);
  }
  roles.set('user', [beforeUser, afterUser!]);
  roles.set('assistant', [beforeAnswer.slice(afterUser!.length), afterAnswer!]);
  return {
    roles,
    withoutSystem: first.slice(0, first.length - beforeUser.length),
    generation: full.slice(`${first}${MARK}${afterUser}`.length),
  };
}

/** Whether these texts make up whole chats as the template writes them. */
function isAllThereIs({ roles, withoutSystem, generation }: ChatTexts, render: Render, textBefore: string): boolean {
  const long = turns('user', 'assistant', 'user', 'assistant', 'user');
  return [turns('user'), long, ...(roles.has('system') ? [[...turns('system'), ...long]] : [])].every((chat) => {
    const written = chat.map(({ role, content }) => roles.get(role)!.join(String(content))).join('');
    const start = chat[0]!.role === 'system' ? '' : withoutSystem;
    return rendered(render, chat, textBefore, true) === start + written + generation;
  });
}

/** Undefined for a chat that the template refuses. */
function rendered(render: Render, chat: ChatMessage[], textBefore: string, generation: boolean): string | undefined {
  try {
    const text = render(chat, { variables: { add_generation_prompt: generation } });
    return text.startsWith(textBefore) ? text.slice(textBefore.length) : text;
  } catch {
    return undefined;
  }
}
