import { setImmediate as nextTurn } from 'node:timers/promises';
import { uniforms } from '../data/random.ts';
import { contextInWords } from '../model/context.ts';
import { createSampler } from '../model/generation/create-sampler.ts';
import type { CompletionSampler } from '../model/generation/sampler.ts';
import { checkPromptLength } from '../model/prompt-length.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { Speaker, Speakers } from './speakers.ts';

/** How answers are drawn; what a run says of it besides. */
export interface Drawing {
  seed: number;
  /** 0: greedy. */
  temperature: number;
  maxTokens: number;
}
export type SamplingSettings = Pick<RunConfig, 'topK' | 'topP' | 'minP' | 'minCompletionLength'>;

export interface Answer {
  /** Without special tokens: what reward functions read. */
  text: string;
  ids: number[];
  /** Of each token when it was drawn. */
  logProbs: number[];
  seconds: number;
  /** `cut off` by the token limit. */
  end: 'finished' | 'cut off' | 'stopped';
}

/** Who waits for an answer. */
export interface AnswerListener {
  /** The answer so far; text that a later token may still change is not in it. */
  onText(text: string): void;
  /** Asked after each token: false stops the answer there. */
  goOn(): Promise<boolean>;
}

/** What a character comes out as while some of its bytes are missing. */
const INCOMPLETE = /\uFFFD+$/;

/** Samples one answer at a time of each speaker, token by token. */
export class Answering {
  readonly #speakers: Speakers;
  readonly #settings: SamplingSettings;
  /** The samplers of the latest temperature: it is compiled into them. */
  #samplers = new Map<Speaker, { temperature: number; sampler: CompletionSampler }>();

  constructor(speakers: Speakers, settings: SamplingSettings) {
    this.#speakers = speakers;
    this.#settings = settings;
  }

  /**
   * The draws are those of `grpo generate` for its first prompt, so that answers can be had from there as well. Throws BadInput for a prompt
   * that the model has no room for.
   */
  async answer(
    speaker: Speaker,
    promptIds: number[],
    { seed, temperature, maxTokens }: Drawing,
    listener: AnswerListener,
  ): Promise<Answer> {
    const { tokenizer, eosTokenIds } = this.#speakers;
    const most = this.#room(speaker, promptIds, maxTokens);
    const started = performance.now();
    const sampler = await this.#sampler(speaker, temperature);
    const ids: number[] = [];
    let stopped = false;
    const [completion] = await sampler.sample(
      speaker.weights,
      [promptIds],
      most,
      uniforms(seed, ['generate', 0, 0], most),
      {
        tokens: {
          onToken: (_, id) => {
            ids.push(id);
            listener.onText(tokenizer.decode(ids, { skipSpecialTokens: true }).replace(INCOMPLETE, ''));
          },
          goOn: async () => {
            // A request to stop is heard here.
            await nextTurn();
            stopped = !(await listener.goOn());
            return !stopped;
          },
        },
      },
    );
    const { logProbs, truncated } = completion!;
    const isEnd = eosTokenIds.includes(ids.at(-1)!);
    return {
      text: tokenizer.decode(ids, { skipSpecialTokens: true }),
      ids,
      logProbs,
      seconds: (performance.now() - started) / 1000,
      end: isEnd ? 'finished' : stopped ? 'stopped' : truncated ? 'cut off' : 'finished',
    };
  }

  async #sampler(speaker: Speaker, temperature: number): Promise<CompletionSampler> {
    const known = this.#samplers.get(speaker);
    if (known?.temperature === temperature) return known.sampler;
    // Its graphs may have a copy of the weights in them.
    await known?.sampler.dispose();
    const { topK, topP, minP, minCompletionLength } = this.#settings;
    const sampler = createSampler(this.#speakers.engine, speaker.model, {
      ...{ group: 1, temperature, topK, topP, minP: minP ?? 0, minTokens: minCompletionLength },
      eosTokenIds: this.#speakers.eosTokenIds,
    });
    this.#samplers.set(speaker, { temperature, sampler });
    return sampler;
  }

  /** How many tokens the answer may have. */
  #room({ model }: Speaker, promptIds: number[], maxTokens: number): number {
    if (promptIds.length === 0) throw new BadInput('The prompt has no tokens; give it some text.');
    checkPromptLength(model, promptIds.length);
    const room = model.maxPositionEmbeddings - promptIds.length;
    if (room < 1)
      throw new BadInput(
        `The prompt's ${promptIds.length} tokens leave no room for an answer in the model's context of ${contextInWords(model)}; start a new chat, or shorten it.`,
      );
    return Math.min(maxTokens, room);
  }
}
