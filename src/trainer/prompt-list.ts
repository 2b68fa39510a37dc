import type { DatasetRow } from '../data/dataset.ts';
import type { EncodedPrompt } from '../data/prompts.ts';
import type { ModelConfig } from '../model/config.ts';
import { contextInWords } from '../model/context.ts';
import { checkPromptLength } from '../model/prompt-length.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';

export interface PromptLimits {
  model: ModelConfig;
  maxCompletionLength: number;
  /** Longer prompts are skipped; null: none. */
  maxPromptLength: number | null;
  /** Further variables for the chat template. */
  templateVariables: Record<string, unknown>;
}

/** This many are tokenized before a run, whichever it uses: what is wrong with a tokenizer shows there. */
const FIRST = 64;

/**
 * A dataset's prompts, tokenized when they are used: a run of a hundred steps sees some hundreds of a hundred thousand rows, and tokenizing
 * them takes a millisecond each.
 */
export class PromptList {
  readonly #rows: readonly DatasetRow[];
  readonly #tokenizer: Tokenizer;
  readonly #limits: PromptLimits;
  readonly #encoded = new Map<number, EncodedPrompt>();
  /** How many were skipped, because they have more than `maxPromptLength` tokens. */
  readonly skipped: number;

  /** Throws BadInput at a row that is no prompt for this model, and at `at` where `maxPromptLength` leaves none. `what` they are, for that. */
  constructor(
    rows: readonly DatasetRow[],
    tokenizer: Tokenizer,
    limits: PromptLimits,
    { what = 'prompt', at }: { what?: string; at?: SourceLocation } = {},
  ) {
    this.#tokenizer = tokenizer;
    this.#limits = limits;
    const { maxPromptLength: most } = limits;
    this.#rows = most === null ? rows : rows.filter((row) => !this.#isLonger(row, most));
    this.skipped = rows.length - this.#rows.length;
    if (this.#rows.length === 0)
      throw new BadInput(
        `Every ${what} has more than ${most} ${most === 1 ? 'token' : 'tokens'}, so "maxPromptLength" leaves none; raise it.`,
        at,
      );
    this.check(Array.from({ length: Math.min(FIRST, this.length) }, (_, index) => index));
  }

  get length(): number {
    return this.#rows.length;
  }

  /** Throws BadInput at the row whose prompt leaves no room for a completion. */
  at(index: number): EncodedPrompt {
    const known = this.#encoded.get(index);
    if (known) return known;
    const encoded = this.#encode(this.#rows[index]!);
    this.#encoded.set(index, encoded);
    return encoded;
  }

  /** As of an array. */
  slice(start = 0, end = this.length): EncodedPrompt[] {
    return this.#rows.slice(start, end).map((_, index) => this.at(start + index));
  }

  /** The row that a prompt was made of. */
  row(index: number): DatasetRow {
    return this.#rows[index]!;
  }

  /** Throws BadInput for the first of these that the model cannot take, without tokenizing those that are certainly short enough. */
  check(indices: Iterable<number>): void {
    const { model, maxCompletionLength } = this.#limits;
    for (const index of indices)
      if (index < FIRST || this.#isLonger(this.#rows[index]!, model.maxPositionEmbeddings - maxCompletionLength))
        this.at(index);
  }

  /** Whether a prompt has more than `most` tokens. */
  #isLonger({ prompt, at }: DatasetRow, most: number): boolean {
    const { templateVariables: variables } = this.#limits;
    const text =
      typeof prompt === 'string' ? prompt : refusedAt(at, () => this.#tokenizer.renderChat(prompt, { variables }));
    // No token is shorter than a byte.
    if (Buffer.byteLength(text) + SPECIAL_TOKENS <= most) return false;
    try {
      return this.#tokenizer.encodePrompt(prompt, { variables, room: { tokens: most, at } }).ids.length > most;
    } catch (error) {
      // So much longer that not all of it was tokenized.
      if (error instanceof BadInput) return true;
      throw error;
    }
  }

  #encode({ prompt, columns, at }: DatasetRow): EncodedPrompt {
    const { model, maxCompletionLength, templateVariables } = this.#limits;
    const room = { tokens: model.maxPositionEmbeddings, at };
    const { text, ids } = refusedAt(at, () =>
      this.#tokenizer.encodePrompt(prompt, { variables: templateVariables, room }),
    );
    if (ids.length === 0) throw new BadInput('This prompt has no tokens; give it some text.', at);
    if (ids.length + maxCompletionLength > model.maxPositionEmbeddings) {
      throw new BadInput(
        `This prompt has ${ids.length} tokens, which with maxCompletionLength ${maxCompletionLength} is beyond the model's context of ${contextInWords(model)}; shorten it, lower maxCompletionLength, or set maxPromptLength to skip such prompts.`,
        at,
      );
    }
    checkPromptLength(model, ids.length, at);
    const unknown = ids.find((id) => id >= model.vocabSize);
    if (unknown !== undefined) {
      throw new BadInput(
        `The tokenizer gives id ${unknown}, but the model knows ${model.vocabSize} tokens; they do not match.`,
        at,
      );
    }
    return { prompt, text, ids, columns };
  }
}

/** What a tokenizer may put around a text. */
const SPECIAL_TOKENS = 16;

/** The tokens that end a completion: the model's and its tokenizer's. */
export const endTokens = (model: ModelConfig, { eosTokenId }: Tokenizer): number[] =>
  [...new Set([...model.eosTokenIds, eosTokenId])].filter((id) => id !== undefined);
