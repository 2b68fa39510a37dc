import { messageText } from '../../src/protocol/message-text.ts';
import type { ChatMessage, Prompt } from '../../src/protocol/rewards.ts';
import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Sample } from './store.ts';
import { TextField } from './text-field.ts';

/** Puts a text where a path leads in the line that is open. */
export type SetText = (path: (string | number)[], text: string) => void;

interface Message {
  key: string;
  /** Where its text is in the line; null where there is none to write. */
  path: (string | number)[] | null;
  role: string;
  text: string;
  calls: string;
}

/** A prompt as it is written, of a chat each message with its role, and folded how the model sees it. */
export class PromptView {
  readonly element: HTMLElement;
  readonly #fields = new Map<string, TextField>();
  readonly #messages: KeyedList<Message>;
  readonly #rendered = el('pre', {});
  readonly #folded: HTMLElement;
  #context = { search: '', editable: false };

  constructor(set: SetText, left: () => void) {
    const list = el('div', { class: 'messages' });
    this.#messages = new KeyedList(
      list,
      ({ key }) => key,
      (message) => this.#message(message, set, left),
    );
    this.#folded = el('details', { class: 'rendered' }, el('summary', {}, 'As the model sees it'), this.#rendered);
    this.element = el('section', { 'aria-label': 'Prompt' }, el('h2', {}, 'Prompt'), list, this.#folded);
  }

  show({ view, prompt, rendered }: Sample, search: string, editable: boolean): void {
    // One that only the run config's mapping gives is not in the line.
    const isWritten = view.kind === 'sample' && view.prompt !== null;
    this.#context = { search, editable: editable && isWritten };
    this.#messages.show(messagesOf(prompt));
    setText(this.#rendered, rendered ?? '');
    this.#folded.hidden = rendered === null;
  }

  edit(): void {
    [...this.#fields.values()].at(-1)?.edit();
  }

  leave(): void {
    for (const field of this.#fields.values()) field.leave();
  }

  #message({ key }: Message, set: SetText, left: () => void): Row<Message> {
    let path: Message['path'] = null;
    const field = new TextField({ name: 'prompt', commit: (text) => path && set(path, text), left });
    const role = el('span', { class: 'role' });
    const calls = el('pre', { class: 'calls' });
    this.#fields.set(key, field);
    const update = (message: Message) => {
      path = message.path;
      setText(role, message.role);
      role.hidden = message.role === '';
      setText(calls, message.calls);
      calls.hidden = message.calls === '';
      field.show(message.text, this.#context.search, this.#context.editable && path !== null);
    };
    const removed = () => void this.#fields.delete(key);
    return { element: el('div', { class: 'message' }, role, field.element, calls), update, removed };
  }
}

function messagesOf(prompt: Prompt | null): Message[] {
  if (prompt === null) return [];
  if (typeof prompt === 'string') return [{ key: 'text', path: ['prompt'], role: '', text: prompt, calls: '' }];
  return prompt.map((message, index) => ({
    key: `message ${index}`,
    path: typeof message.content === 'string' ? ['prompt', index, 'content'] : null,
    role: roleOf(message),
    text: messageText(message),
    calls: message.tool_calls ? JSON.stringify(message.tool_calls, null, 2) : '',
  }));
}

/** A message that begins the answer is marked. */
const roleOf = ({ role, prefix }: ChatMessage): string => (prefix === true ? `${role}, begins the answer` : role);
