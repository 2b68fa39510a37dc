import type { ChatSide } from '../protocol/chat.ts';

/** Texts that grow, as changes: a whole answer for each of its tokens would be a lot to send. */
export class TextChanges {
  readonly #sent = new Map<ChatSide, string>();

  /** What is new: the text from character `from` on. Undefined where nothing is. */
  of(side: ChatSide, text: string): { from: number; text: string } | undefined {
    const before = this.#sent.get(side) ?? '';
    if (text === before) return undefined;
    this.#sent.set(side, text);
    // As a rule it has grown; a tokenizer may also write what came before in another way.
    let from = text.startsWith(before) ? before.length : 0;
    if (from === 0) while (from < before.length && text[from] === before[from]) from++;
    return { from, text: text.slice(from) };
  }
}
