import { createInterface } from 'node:readline';
import { Chat } from '../chat/chat.ts';
import { type ChatTarget, findTarget } from '../chat/target.ts';
import type { ChatSide, ChosenPrompt, Verdict } from '../protocol/chat.ts';
import { BadInput, formatLocation } from '../protocol/errors.ts';
import { visible } from '../text/visible.ts';
import { type CommandOf, DEFAULT_MAX_TOKENS } from './commands.ts';
import { print, printAside, printJson, warn } from './output.ts';
import { Progress } from './progress.ts';
import { rewardWorker } from './reward-worker.ts';
import { INTERRUPTED } from './terminal.ts';

type Options = CommandOf<'chat'>;

/**
 * `grpo chat`: answers as they are written, to one prompt or to each line that is typed. Ctrl-C stops an answer or its scores, and between answers the
 * command; where nobody types, both.
 */
export async function chatCommand(options: Options): Promise<number> {
  const { temperature = 0, prompt } = options;
  if (temperature < 0) throw new BadInput('--temperature must be at least 0.');
  const target = findTarget(options.model, options.step);
  const progress = new Progress(process.stderr);
  const chat = await Chat.open(target, {
    ...{ alone: !options.base, score: options.score, device: options.device, fp16: options.fp16, rewardWorker },
    ...{ onOutput: printAside, onNote: warn },
    onLoad: (share) => progress.show({ type: 'phase', step: 0, phase: 'load', share }),
  });
  try {
    const terminal = new Terminal(chat, target, options);
    if (prompt !== undefined) await terminal.ask({ text: prompt });
    else await terminal.converse();
    return terminal.interrupted ? INTERRUPTED : 0;
  } finally {
    await chat.close();
  }
}

/** A chat on a terminal, or in a pipe. */
class Terminal {
  /** Someone wants the command to end. */
  interrupted = false;
  readonly #chat: Chat;
  readonly #target: ChatTarget;
  readonly #options: Options;
  #asked = 0;

  constructor(chat: Chat, target: ChatTarget, options: Options) {
    this.#chat = chat;
    this.#target = target;
    this.#options = options;
  }

  /** Ctrl-C stops the answer where it is. */
  async ask(prompt: ChosenPrompt, continues = false): Promise<void> {
    const { seed, temperature = 0, json } = this.#options;
    const question = { id: ++this.#asked, prompt, continues, seed, temperature, maxTokens: this.#maxTokens };
    const stop = () => {
      this.interrupted = true;
      this.#chat.stop();
    };
    process.on('SIGINT', stop);
    const shown = new Map<ChatSide, string>();
    const answers = new Map<ChatSide, object>();
    const unscored = new Set<ChatSide>();
    try {
      await this.#chat.ask(
        question,
        {
          onAsked: () => {},
          onText: (side, text) => {
            if (!json) this.#show(side, text, shown);
          },
          onAnswer: (side, { text, ids, logProbs, end }) => {
            if (!json) this.#show(side, text, shown);
            if (!json) process.stdout.write(end === 'finished' ? '\n' : ` [${end}]\n`);
            if (this.#chat.judge && end !== 'stopped') unscored.add(side);
            answers.set(side, { side, completion: text, completion_ids: ids, logprobs: logProbs, end });
          },
          onScored: (side, scored) => {
            unscored.delete(side);
            if (!json) print(describeScores(scored));
            answers.set(side, { ...answers.get(side), ...scored });
          },
        },
        { together: false },
      );
      if (json) for (const answer of answers.values()) printJson(answer);
      else for (const side of unscored) print(`  [${this.#options.base ? `${this.#nameOf(side)} ` : ''}not scored]`);
    } finally {
      process.off('SIGINT', stop);
    }
  }

  /** Until the input ends. */
  async converse(): Promise<void> {
    const { stdin, stdout } = process;
    const interactive = stdin.isTTY === true;
    const lines = createInterface({ input: stdin, ...(interactive && { output: stdout, prompt: '> ' }) });
    // The last answer may be given after the input has ended.
    let ended = false;
    lines.once('close', () => {
      ended = true;
    });
    // A terminal gives Ctrl-C to whoever reads lines.
    let asking = false;
    lines.on('SIGINT', () => {
      if (asking) return void process.emit('SIGINT');
      this.interrupted = true;
      lines.close();
    });
    if (interactive) this.#greet();
    lines.prompt();
    let said = false;
    for await (const line of lines) {
      if (this.interrupted) break;
      asking = true;
      if (line.trim() === '/new') said = false;
      else if (line.trim() !== '') said = await this.#turn(line, said);
      asking = false;
      // Who types can go on after an answer that was stopped.
      if (interactive && !ended) this.interrupted = false;
      if (this.interrupted) break;
      if (!ended) lines.prompt();
    }
  }

  async #turn(text: string, said: boolean): Promise<boolean> {
    try {
      await this.ask({ text }, said && this.#chat.isChat);
      return true;
    } catch (error) {
      // Such a question can be asked in another way.
      if (!(error instanceof BadInput)) throw error;
      printAside(`${error.message}\n`);
      return said;
    }
  }

  get #maxTokens(): number {
    const recorded =
      this.#target.run === undefined ? DEFAULT_MAX_TOKENS : this.#target.loaded.config.maxCompletionLength;
    return this.#options.maxTokens ?? recorded;
  }

  #greet(): void {
    const target = this.#target;
    const who = target.run === undefined ? target.model : `${target.info.name}, checkpoint of step ${target.step}`;
    const how = this.#chat.isChat
      ? 'Each line continues the chat; /new starts another.'
      : 'Each line is a prompt that the model continues.';
    const stops = this.#chat.judge ? 'Ctrl-C stops an answer or its scores' : 'Ctrl-C stops an answer';
    printAside(`${who}. ${how} ${stops}; between answers it ends the chat, as Ctrl-D does.\n`);
  }

  /** Writes what is new; a text that has changed before its end begins again on a line of its own. */
  #show(side: ChatSide, text: string, shown: Map<ChatSide, string>): void {
    const before = shown.get(side);
    if (before === undefined && this.#options.base) process.stdout.write(`${this.#nameOf(side)}:\n`);
    const grows = text.startsWith(before ?? '');
    process.stdout.write(visible(grows ? text.slice(before?.length ?? 0) : `\n${text}`));
    shown.set(side, text);
  }

  #nameOf(side: ChatSide): string {
    const target = this.#target;
    return side === 'base' || target.run === undefined ? 'start model' : `step ${target.step}`;
  }
}

function describeScores({ reward, verdicts }: { reward: number | null; verdicts: Verdict[] }): string {
  const each = verdicts.map(({ name, kind, score, reason, place }) => {
    const gives = kind === 'score' ? score!.toFixed(3) : kind === 'abstain' ? 'abstains' : 'failed';
    const where = place ? `${formatLocation(place)}: ` : '';
    return `  ${name.padEnd(24)} ${gives}${reason === null ? '' : `  ${where}${reason}`}`;
  });
  return [`  ${'reward'.padEnd(24)} ${reason(reward)}`, ...each].join('\n');
}

const reason = (reward: number | null): string => (reward === null ? 'none' : reward.toFixed(3));
