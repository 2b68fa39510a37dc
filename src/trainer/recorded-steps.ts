import { isDeepStrictEqual } from 'node:util';
import { loadRollouts, type RecordedRollout, type RecordedStep } from '../data/recorded-rollouts.ts';
import type { Segment } from '../grpo/trajectory.ts';
import type { ModelConfig } from '../model/config.ts';
import { contextInWords } from '../model/context.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import type { Room, Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { RewardColumn, ScoreTable } from '../protocol/rewards.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { own } from '../text/own.ts';
import type { Rollout, RolloutCompletion } from './rollout.ts';

/** Recorded steps as if they had just been sampled, and the rewards that were recorded with them. */
export type RecordedRun = { rollout: Rollout; scores: ScoreTable | undefined }[];

/** A rollouts file, and its completions as if they had just been sampled. */
export interface Replay {
  steps: RecordedStep[];
  rollouts: Rollout[];
}

export interface ReplayOptions {
  config: Pick<RunConfig, 'numGenerations' | 'promptsPerStep' | 'maxSteps' | 'chatTemplateKwargs'>;
  tokenizer: Tokenizer;
  eosTokenIds: number[];
  model: Pick<ModelConfig, 'vocabSize' | 'maxPositionEmbeddings' | 'rotary'>;
}

/**
 * Reads a rollouts file, and fills in text and token ids from each other. Throws BadInput at the row that does not fit the model, and for a
 * file with too few steps.
 */
export function loadReplay(file: string, options: ReplayOptions): Replay {
  const { maxSteps } = options.config;
  const steps = loadRollouts(file, options.config);
  const rollouts = steps.map((step) => replay(step, file, options));
  if (maxSteps > steps.length) {
    const message = `The file has rollouts for ${steps.length} of the ${maxSteps} steps; set maxSteps to ${steps.length} at most.`;
    throw new BadInput(message, { file });
  }
  return { steps, rollouts };
}

/** Whether rewards were recorded: then no function is called. */
export const hasRewards = ({ steps }: Replay): boolean => steps[0]?.[0]?.[0]?.rewards !== undefined;

/** The file's steps with the rewards that it has. */
export const recordedRun = ({ steps, rollouts }: Replay, weightOf: (name: string) => number): RecordedRun =>
  rollouts.map((rollout, index) => ({ rollout, scores: recordedScores(steps[index]!, weightOf) }));

function replay(step: RecordedStep, file: string, options: ReplayOptions): Rollout {
  const { tokenizer, eosTokenIds, model } = options;
  return step.flatMap((rows, group) => {
    // The group's rows have one prompt; whether they say its ids is up to each.
    let last: { row: RecordedRollout; encoded: EncodedPrompt } | undefined;
    return rows.map((row): RolloutCompletion => {
      const at = { file, line: row.line };
      const room = { tokens: model.maxPositionEmbeddings, at };
      const isLast = last && isDeepStrictEqual(last.row.promptIds, row.promptIds);
      const encoded = isLast ? last!.encoded : encodePrompt(row, at, options);
      last = { row, encoded };
      const { ids: promptIds, text } = encoded;
      const ids = row.completionIds ?? encodeCompletion(row, tokenizer, room);
      checkTokens([...promptIds, ...ids], model, at);
      const prompt = row.prompt ?? tokenizer.decode(promptIds);
      return {
        group,
        prompt: { prompt, ids: promptIds, columns: row.columns, ...(text !== undefined && { text }) },
        trajectory: {
          segments: segmentsOf(row, ids),
          truncated: row.truncated ?? !eosTokenIds.includes(ids.at(-1)!),
        },
        text: row.completion ?? tokenizer.decode(ids, { skipSpecialTokens: true }),
      };
    });
  });
}

/** The policy wrote all of it, unless the row says otherwise. */
function segmentsOf(row: RecordedRollout, ids: number[]): Segment[] {
  const parts = row.segments ?? [{ tokens: ids.length, trained: true }];
  let end = 0;
  return parts.map(({ tokens, trained }): Segment => {
    const start = end;
    end += tokens;
    const logProbs = trained ? (row.logProbs?.slice(start, end) as number[] | undefined) : undefined;
    return { ids: ids.slice(start, end), trained, logProbs };
  });
}

interface EncodedPrompt {
  ids: number[];
  /** Undefined where another chat template than today's wrote it. */
  text?: string;
}

function encodePrompt(
  { prompt, promptIds }: RecordedRollout,
  at: SourceLocation,
  { tokenizer, model, config }: ReplayOptions,
): EncodedPrompt {
  if (prompt === undefined) return { ids: promptIds! };
  const room = { tokens: model.maxPositionEmbeddings, at };
  const encode = () =>
    refusedAt(at, () => tokenizer.encodePrompt(prompt, { variables: config.chatTemplateKwargs, room }));
  if (promptIds === undefined) return encode();
  try {
    const encoded = encode();
    if (isDeepStrictEqual(encoded.ids, promptIds)) return encoded;
  } catch (error) {
    // The ids do without a template.
    if (!(error instanceof BadInput)) throw error;
  }
  return { ids: promptIds };
}

function checkTokens(ids: number[], model: ReplayOptions['model'], at: SourceLocation): void {
  const { vocabSize, maxPositionEmbeddings } = model;
  const unknown = ids.find((id) => id >= vocabSize);
  if (unknown !== undefined) throw new BadInput(`Token id ${unknown} is beyond the model's ${vocabSize} tokens.`, at);
  if (ids.length > maxPositionEmbeddings) {
    throw new BadInput(
      `Prompt and completion have ${ids.length} tokens, beyond the model's context of ${contextInWords(model)}.`,
      at,
    );
  }
}

/** A text that was not cut off ended with the end token. */
function encodeCompletion(row: RecordedRollout, tokenizer: Tokenizer, room: Room): number[] {
  const ids = tokenizer.encode(row.completion!, { addSpecialTokens: false, room });
  const { eosTokenId } = tokenizer;
  return row.truncated || eosTokenId === undefined ? ids : [...ids, eosTokenId];
}

/** Rewards as if the functions had just given them; undefined where none were recorded. */
function recordedScores(step: RecordedStep, weightOf: (name: string) => number): ScoreTable | undefined {
  const rows = step.flat();
  if (!rows[0]?.rewards) return undefined;
  const names = [...new Set(rows.flatMap(({ rewards }) => Object.keys(rewards!)))];
  const columns = names.map(
    (name): RewardColumn => ({
      name,
      weight: weightOf(name),
      seconds: 0,
      outcomes: rows.map(({ rewards, steps }) => {
        const score = own(rewards, name) ?? null;
        const scored = own(steps, name);
        return score === null ? { kind: 'abstain' } : { kind: 'score', score, ...(scored && { steps: scored }) };
      }),
    }),
  );
  return { columns, metrics: {}, extra: {} };
}
