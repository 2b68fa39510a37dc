import type { ChatEvent } from '../../protocol/chat.ts';

/** What a process has said, for a webview that starts afresh: without what later events have made untrue. */
export class ChatEvents {
  #kept: ChatEvent[] = [];

  get all(): readonly ChatEvent[] {
    return this.#kept;
  }

  add(event: ChatEvent): void {
    if (event.type === 'loading' || event.type === 'opened') this.#drop(({ type }) => type === 'loading');
    if (event.type === 'prompts') this.#drop(({ type }) => type === 'prompts');
    if (event.type === 'answer')
      this.#drop((other) => other.type === 'text' && other.id === event.id && other.side === event.side);
    this.#kept.push(event);
  }

  #drop(isOver: (event: ChatEvent) => boolean): void {
    this.#kept = this.#kept.filter((event) => !isOver(event));
  }
}
