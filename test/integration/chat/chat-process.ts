/** The process that checkpoints are tried in, as an editor hosts it: forked, commands down and events up an IPC channel. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type ChatCommand,
  type ChatEvent,
  type ChatSide,
  chatEvent,
  type Question,
} from '../../../src/protocol/chat.ts';

const script = join(import.meta.dirname, '../../../dist/chat.js');

type EventOf<Type extends ChatEvent['type']> = Extract<ChatEvent, { type: Type }>;

export class ChatProcess {
  readonly events: ChatEvent[] = [];
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  #heard = () => {};

  constructor() {
    this.child = fork(script, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.exit = once(this.child, 'exit').then(([code]) => code);
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.exit;
    });
    this.child.on('message', (message) => {
      this.events.push(chatEvent.parse(message));
      this.#heard();
    });
    void this.exit.then(() => this.#heard());
  }

  /** A run's checkpoint loaded, with its start model. */
  static async open(run: string, step: number, { score = true } = {}): Promise<ChatProcess> {
    const chat = new ChatProcess();
    chat.send({ type: 'open', run, step, score });
    await chat.heard('opened');
    return chat;
  }

  send(command: ChatCommand): void {
    this.child.send(command);
  }

  ask(question: Partial<Question> & Pick<Question, 'id' | 'prompt'>): void {
    const defaults = { continues: false, seed: 1, temperature: 0, maxTokens: 8 };
    this.send({ type: 'ask', question: { ...defaults, ...question } });
  }

  /** Asks, and gives both answers and their scores. */
  async answers(question: Partial<Question> & Pick<Question, 'id' | 'prompt'>) {
    this.ask(question);
    await this.heard('done', ({ id }) => id === question.id);
    const of = (wanted: ChatSide) => {
      const isIt = ({ id, side }: { id: number; side: ChatSide }) => id === question.id && side === wanted;
      return { answer: this.all('answer').find(isIt)!, scored: this.all('scored').find(isIt) };
    };
    return { base: of('base'), checkpoint: of('checkpoint') };
  }

  all<Type extends ChatEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The first such event, be it here or to come. */
  async heard<Type extends ChatEvent['type']>(
    type: Type,
    is: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    for (;;) {
      const event = this.all(type).find(is);
      if (event) return event;
      const problem = type === 'problem' ? undefined : this.all('problem')[0];
      if (problem) throw new Error(problem.message);
      if (this.child.exitCode !== null) throw new Error(`the process has ended with ${this.child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
