import type { MappedRow } from '../data/row-mapping.ts';
import type { ChatSide, Question, Verdict } from '../protocol/chat.ts';
import { BadInput } from '../protocol/errors.ts';
import { askedPrompt } from '../protocol/prompt-prefix.ts';
import type { Prompt } from '../protocol/rewards.ts';
import { type Answer, Answering } from './answer.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import { RunPrompts } from './run-prompts.ts';
import { type LoadOptions, loadSpeakers, type Speaker, type Speakers } from './speakers.ts';
import type { ChatTarget } from './target.ts';
import { Turns } from './turns.ts';
import { isChat, nextTurn, type PromptForm, typedPrompt } from './typed-prompt.ts';

export interface ChatOptions extends LoadOptions, JudgeOptions {
  /** Whether answers are scored, which runs the user's code. */
  score: boolean;
}

/** Hears what becomes of a question. */
export interface ChatListener {
  /**
   * The prompt as reward functions get it, the first side's where they differ, with its columns; `missing` are those that the run's own prompts
   * have besides.
   */
  onAsked(asked: { prompt: Prompt; columns: Record<string, unknown>; missing: string[] }): void;
  /** The answer so far. */
  onText(side: ChatSide, text: string): void;
  onAnswer(side: ChatSide, answer: Answer): void;
  onScored(side: ChatSide, scored: { reward: number | null; verdicts: Verdict[] }): void;
}

/** What a conversation of one side has come to. */
interface Said {
  prompt: Prompt;
  answer: string;
}

/** Without a run: what `grpo generate` draws with. */
const PLAIN = { topK: 0, topP: 1, minP: null, minCompletionLength: 0 };

/** A conversation with a checkpoint and the model that it came from: the same questions to both, each with its own answers behind them. */
export class Chat {
  readonly speakers: readonly Speaker[];
  readonly prompts: RunPrompts;
  readonly judge: Judge | undefined;
  readonly #models: Speakers;
  readonly #target: ChatTarget;
  readonly #answering: Answering;
  readonly #form: PromptForm;
  readonly #said = new Map<Speaker, Said>();
  /** Of the row that the conversation began with. */
  #columns: Record<string, unknown> = {};
  #stopped = false;
  /** So many answers. */
  #scoring = 0;

  /** Loads models, prompts and rewards. Throws BadInput for models that cannot be loaded; of the rest `onNote` hears. */
  static async open(target: ChatTarget, options: ChatOptions): Promise<Chat> {
    const models = await loadSpeakers(target, options);
    const isRun = target.run !== undefined;
    const prompts = isRun
      ? await RunPrompts.load(target.loaded, options.onNote)
      : new RunPrompts({ training: [], 'held-out': [] });
    const judge = isRun && options.score ? await Judge.open(target, options) : undefined;
    return new Chat(target, models, prompts, judge);
  }

  private constructor(target: ChatTarget, models: Speakers, prompts: RunPrompts, judge: Judge | undefined) {
    this.#target = target;
    this.#models = models;
    this.speakers = models.speakers;
    this.prompts = prompts;
    this.judge = judge;
    this.#answering = new Answering(models, target.run === undefined ? PLAIN : target.loaded.config);
    const mapping = target.run === undefined ? null : target.loaded.config.prompt;
    this.#form = { mapping, example: prompts.example?.prompt, hasTemplate: models.tokenizer.hasChatTemplate };
  }

  /** What computes. */
  get device(): string {
    return this.#models.engine.name;
  }

  /** Whether a conversation can go on. */
  get isChat(): boolean {
    return isChat(this.#form);
  }

  /**
   * Asks all sides, `together` token by token in turn or one after the other with its score, and scores each answer that came to its end. Throws BadInput for
   * a question that cannot be asked; of one at a time, as there is one conversation.
   */
  async ask(question: Question, listener: ChatListener, { together = true } = {}): Promise<void> {
    this.#stopped = false;
    const asked = this.#asked(question);
    const first = asked[0]!;
    const missing = Object.keys(this.prompts.example?.columns ?? {}).filter((name) => !(name in this.#columns));
    listener.onAsked({ prompt: askedPrompt(first.prompt), columns: this.#columns, missing });
    const turns = new Turns();
    const scores: Promise<void>[] = [];
    const one = async ({ speaker, prompt }: (typeof asked)[number]) => {
      await turns.begin();
      try {
        const scored = await this.#answer(speaker, prompt, question, listener, () => turns.pass());
        if (scored) scores.push(scored.score());
      } finally {
        turns.end();
      }
    };
    if (together) {
      // All of them, also where one has failed: none may go on afterwards.
      for (const ended of await Promise.allSettled(asked.map(one))) if (ended.status === 'rejected') throw ended.reason;
    }
    for (const each of together ? [] : asked) {
      await one(each);
      await Promise.all(scores);
    }
    await Promise.all(scores);
  }

  /** Ends the answers that are being written where they are, and what is being scored without a score. */
  stop(): void {
    this.#stopped = true;
    if (this.#scoring > 0) void this.judge?.close();
  }

  async close(): Promise<void> {
    await this.judge?.close();
  }

  /** What each side is asked. */
  #asked({ prompt: chosen, continues }: Question): { speaker: Speaker; prompt: Prompt }[] {
    if (continues) {
      if (!('text' in chosen)) throw new BadInput('A prompt of the run begins a new chat.');
      return this.speakers.map((speaker) => {
        const said = this.#said.get(speaker);
        if (!said || typeof said.prompt === 'string')
          throw new BadInput('There is no chat to continue; start a new one.');
        return { speaker, prompt: nextTurn(said.prompt, said.answer, chosen.text) };
      });
    }
    const { prompt, columns } = 'text' in chosen ? this.#typed(chosen.text) : this.prompts.at(chosen.set, chosen.index);
    this.#columns = columns;
    return this.speakers.map((speaker) => ({ speaker, prompt }));
  }

  /** Who types a prompt of the run's means that one, with its columns. */
  #typed(text: string): MappedRow {
    const typed = typedPrompt(text, this.#form);
    return this.prompts.same(typed.prompt) ?? typed;
  }

  /** Gives, when the answer is there, how to score it. */
  async #answer(
    speaker: Speaker,
    prompt: Prompt,
    question: Question,
    listener: ChatListener,
    pass: () => Promise<void>,
  ): Promise<{ score(): Promise<void> } | undefined> {
    const { tokenizer } = this.#models;
    const { side, model } = speaker;
    const variables = this.#target.run === undefined ? {} : this.#target.loaded.config.chatTemplateKwargs;
    const room = { tokens: model.maxPositionEmbeddings, at: undefined };
    const { text: rendered, ids } = tokenizer.encodePrompt(prompt, { variables, room });
    const answer = await this.#answering.answer(speaker, ids, question, {
      onText: (text) => listener.onText(side, text),
      goOn: async () => {
        await pass();
        return !this.#stopped;
      },
    });
    this.#said.set(speaker, { prompt, answer: answer.text });
    listener.onAnswer(side, answer);
    // What was stopped is not what the model would have said.
    const { judge } = this;
    if (!judge || answer.end === 'stopped') return undefined;
    const judged = { prompt, rendered, text: answer.text, ids: answer.ids, columns: this.#columns };
    return {
      score: async () => {
        this.#scoring++;
        const scored = await judge.score(judged).finally(() => this.#scoring--);
        if (scored) listener.onScored(side, scored);
      },
    };
  }
}
