import type { Demonstration } from '../data/demonstrations.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Sequence } from '../model/network/batch.ts';
import { checkPromptLength } from '../model/prompt-length.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { splitPrefix } from '../protocol/prompt-prefix.ts';

export interface DemonstrationLimits {
  model: ModelConfig;
  /** Tokens of prompt and completion together; null: as many as the model's context has. */
  maxLength: number | null;
  /** Further variables for the chat template. */
  templateVariables: Record<string, unknown>;
}

/** Demonstrations as token ids, as TRL's SFTTrainer makes them. */
export class DemonstrationList {
  readonly sequences: Sequence[] = [];
  /** How many were cut at their end, and how many had no completion left then and were skipped. */
  readonly cut: number = 0;
  readonly skipped: number = 0;

  /** Throws BadInput at a row that is none for this model, and at `at` where all were skipped. */
  constructor(
    rows: readonly Demonstration[],
    tokenizer: Tokenizer,
    { model, maxLength, templateVariables }: DemonstrationLimits,
    at?: SourceLocation,
  ) {
    const most = Math.min(maxLength ?? model.maxPositionEmbeddings, model.maxPositionEmbeddings);
    for (const row of rows) {
      const { promptIds, completionIds } = encodeDemonstration(row, tokenizer, templateVariables);
      checkPromptLength(model, promptIds.length, row.at);
      checkIds([...promptIds, ...completionIds], model, row.at);
      const kept = completionIds.slice(0, Math.max(0, most - promptIds.length));
      if (kept.length > 0) this.sequences.push({ promptIds, completionIds: kept });
      else this.skipped++;
      if (kept.length > 0 && kept.length < completionIds.length) this.cut++;
    }
    if (this.sequences.length > 0) return;
    const message = `Every prompt of the dataset has ${most} tokens or more, so "maxLength" leaves no completion; raise it.`;
    throw new BadInput(message, at);
  }

  /** What to say of rows that were too long; undefined of none. */
  get note(): string | undefined {
    const count = (rows: number, what: string) => (rows === 0 ? [] : [`${rows} ${rows === 1 ? 'is' : 'are'} ${what}`]);
    const parts = [...count(this.cut, 'cut off'), ...count(this.skipped, 'skipped')];
    const all = this.sequences.length + this.skipped;
    return parts.length === 0 ? undefined : `Of ${all} demonstrations, ${parts.join(' and ')} at "maxLength".`;
  }
}

/**
 * Prompt and completion are tokenized as one text; the completion begins where its tokens are no longer those of the prompt alone, as in TRL:
 * where a token reaches across the boundary, or a chat template writes the prompt in another way when an answer follows, that is before its end. A text
 * ends with the end-of-sequence token; after messages, the chat template writes what ends a turn.
 */
export function encodeDemonstration(
  { prompt, completion, at }: Demonstration,
  tokenizer: Tokenizer,
  variables: Record<string, unknown>,
): Sequence {
  return refusedAt(at, () => {
    const asked = tokenizer.encodePrompt(prompt, { variables }).ids;
    const all = wholeIds(prompt, completion, tokenizer, variables, at);
    const start = commonPrefix(asked, all);
    if (start === 0) throw new BadInput('The completion of this row begins at its first token; give it a prompt.', at);
    return { promptIds: all.slice(0, start), completionIds: all.slice(start) };
  });
}

function wholeIds(
  prompt: Demonstration['prompt'],
  completion: Demonstration['completion'],
  tokenizer: Tokenizer,
  variables: Record<string, unknown>,
  at: SourceLocation,
): number[] {
  if (typeof prompt === 'string') {
    if (typeof completion !== 'string')
      throw new BadInput('The prompt of this row is a text, and its completion are messages; make both the same.', at);
    const end = tokenizer.eosTokenId === undefined ? '' : tokenizer.decode([tokenizer.eosTokenId]);
    return tokenizer.encode(prompt + (completion.endsWith(end) ? completion : completion + end));
  }
  const { asked, begun } = splitPrefix(prompt);
  const answer = typeof completion === 'string' ? [{ role: 'assistant', content: begun + completion }] : completion;
  const text = tokenizer.renderChat([...asked, ...answer], {
    variables: { ...variables, add_generation_prompt: false },
  });
  return tokenizer.encode(text, { addSpecialTokens: false });
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = a.findIndex((id, index) => id !== b[index]);
  return end < 0 ? a.length : end;
}

function checkIds(ids: readonly number[], { vocabSize }: ModelConfig, at: SourceLocation): void {
  const unknown = ids.find((id) => id >= vocabSize);
  if (unknown === undefined) return;
  const message = `The tokenizer gives id ${unknown}, but the model knows ${vocabSize} tokens; they do not match.`;
  throw new BadInput(message, at);
}
