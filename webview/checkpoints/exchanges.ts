import type { ChatEvent, ChatSide, Verdict } from '../../src/protocol/chat.ts';
import type { Prompt } from '../../src/protocol/rewards.ts';

export interface SideAnswer {
  text: string;
  /** Undefined while it is being written. */
  ended: Extract<ChatEvent, { type: 'answer' }> | undefined;
  scored: { reward: number | null; verdicts: Verdict[] } | undefined;
}

/** A question and what the sides say to it. */
export interface Exchange {
  id: number;
  prompt: Prompt;
  columns: Record<string, unknown>;
  missing: string[];
  sides: Record<ChatSide, SideAnswer>;
  done: boolean;
  problem: string | undefined;
}

/** The process as its events tell of it. */
export class ChatState {
  cost: Extract<ChatEvent, { type: 'cost' }> | undefined;
  loaded = 0;
  opened: Extract<ChatEvent, { type: 'opened' }> | undefined;
  /** What is offered to choose from. */
  prompts: Extract<ChatEvent, { type: 'prompts' }> | undefined;
  /** Why it is over, or could not begin. */
  problem: string | undefined;
  readonly exchanges = new Map<number, Exchange>();

  /** Whether an answer is being written or scored. */
  get busy(): boolean {
    const last = [...this.exchanges.values()].at(-1);
    return last !== undefined && !last.done;
  }

  receive(event: ChatEvent): void {
    switch (event.type) {
      case 'ready':
        return;
      case 'cost':
        this.cost = event;
        return;
      case 'loading':
        this.loaded = event.share;
        return;
      case 'opened':
        this.opened = event;
        return;
      case 'prompts':
        this.prompts = event;
        return;
      case 'asked': {
        const { id, prompt, columns, missing } = event;
        const silent = (): SideAnswer => ({ text: '', ended: undefined, scored: undefined });
        const sides = { base: silent(), checkpoint: silent() };
        this.exchanges.set(id, { id, prompt, columns, missing, sides, done: false, problem: undefined });
        return;
      }
      case 'text': {
        const answer = this.#side(event);
        if (answer) answer.text = answer.text.slice(0, event.from) + event.text;
        return;
      }
      case 'answer': {
        const answer = this.#side(event);
        if (answer) Object.assign(answer, { text: event.text, ended: event });
        return;
      }
      case 'scored': {
        const answer = this.#side(event);
        if (answer) answer.scored = event;
        return;
      }
      case 'done': {
        const exchange = this.exchanges.get(event.id);
        if (exchange) exchange.done = true;
        return;
      }
      case 'problem': {
        const exchange = event.id === null ? undefined : this.exchanges.get(event.id);
        if (exchange) Object.assign(exchange, { problem: event.message, done: true });
        else this.problem = event.message;
        return;
      }
      default:
        event satisfies never;
    }
  }

  #side({ id, side }: { id: number; side: ChatSide }): SideAnswer | undefined {
    return this.exchanges.get(id)?.sides[side];
  }
}
