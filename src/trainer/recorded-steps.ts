import type { Tokenizer } from '../model/tokenizer.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RewardColumn, ScoreTable } from '../protocol/rewards.ts';
import type { RecordedRollout, RecordedStep } from './recorded-rollouts.ts';
import type { Rollout, RolloutCompletion } from './rollout.ts';

/** Recorded steps as if they had just been sampled, and the rewards that were recorded with them. */
export type RecordedRun = { rollout: Rollout; scores: ScoreTable | undefined }[];

export interface ReplayOptions {
  tokenizer: Tokenizer;
  eosTokenIds: number[];
  vocabSize: number;
  /** Of a recorded reward function, by name. */
  weightOf(name: string): number;
}

/** Fills in text and token ids from each other. Throws BadInput at the row with a token that the model does not know. */
export function replaySteps(steps: RecordedStep[], file: string, options: ReplayOptions): RecordedRun {
  return steps.map((step) => ({
    rollout: replay(step, file, options),
    scores: recordedScores(step, options.weightOf),
  }));
}

function replay(step: RecordedStep, file: string, { tokenizer, eosTokenIds, vocabSize }: ReplayOptions): Rollout {
  return step.flatMap((rows, group) =>
    rows.map((row): RolloutCompletion => {
      const promptIds = row.promptIds ?? tokenizer.encodePrompt(row.prompt!).ids;
      const ids = row.completionIds ?? encodeCompletion(row, tokenizer);
      const unknown = [...promptIds, ...ids].find((id) => id >= vocabSize);
      if (unknown !== undefined) {
        throw new BadInput(`token id ${unknown} is beyond the model's ${vocabSize} tokens`, { file, line: row.line });
      }
      const prompt = row.prompt ?? tokenizer.decode(promptIds);
      return {
        group,
        prompt: { prompt, ids: promptIds, columns: row.columns },
        ids,
        text: row.completion ?? tokenizer.decode(ids, { skipSpecialTokens: true }),
        truncated: row.truncated ?? !eosTokenIds.includes(ids.at(-1)!),
      };
    }),
  );
}

/** A text that was not cut off ended with the end token. */
function encodeCompletion(row: RecordedRollout, tokenizer: Tokenizer): number[] {
  const ids = tokenizer.encode(row.completion!, { addSpecialTokens: false });
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
      outcomes: rows.map(({ rewards }) => {
        const score = rewards![name] ?? null;
        return score === null ? { kind: 'abstain' } : { kind: 'score', score };
      }),
    }),
  );
  return { columns, metrics: {}, extra: {} };
}
