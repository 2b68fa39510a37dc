import { loadSpeakers, type Speaker } from '../chat/speakers.ts';
import type { Sequence } from '../model/network/batch.ts';
import { Scorer } from '../model/network/scorer.ts';
import { checkLogProb } from '../model/not-finite.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { OpenJudge } from '../protocol/local-judge.ts';
import { answerSequences } from './answer-sequences.ts';

/** A model that is asked how likely given answers are; it generates none, so that there is nothing to parse. */
export class LocalModel {
  readonly #speaker: Speaker;
  readonly #tokenizer: Tokenizer;
  readonly #scorer: Scorer;

  /** Throws BadInput for a model that cannot be read, a device that cannot be used, and too little memory. */
  static async open(model: string, device: OpenJudge['device']): Promise<LocalModel> {
    const { engine, tokenizer, speakers } = await loadSpeakers({ model }, { device });
    const [speaker] = speakers;
    return new LocalModel(speaker!, tokenizer, new Scorer(engine, speaker!.model, 1));
  }

  private constructor(speaker: Speaker, tokenizer: Tokenizer, scorer: Scorer) {
    this.#speaker = speaker;
    this.#tokenizer = tokenizer;
    this.#scorer = scorer;
  }

  /** Throws BadInput for a question that is longer than the model's context. */
  async ask(question: string, answers: readonly string[]): Promise<{ logProbs: number[]; tokens: number }> {
    const { model, weights } = this.#speaker;
    const sequences = answerSequences(this.#tokenizer, question, answers, model.maxPositionEmbeddings);
    // The question is read once for all answers.
    const scored = await this.#scorer.logProbs(weights, sequences, sequences.length);
    scored.flat().forEach(checkLogProb);
    return {
      logProbs: scored.map((tokens) => tokens.reduce((sum, logProb) => sum + logProb, 0)),
      tokens: tokensRead(sequences),
    };
  }
}

const tokensRead = (sequences: readonly Sequence[]): number =>
  sequences[0]!.promptIds.length + sequences.reduce((sum, { completionIds }) => sum + completionIds.length - 1, 0);
