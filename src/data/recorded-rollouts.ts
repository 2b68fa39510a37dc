import * as z from 'zod';
import { type JsonLine, type JsonObject, readJsonLines } from '../files/json-lines.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { Prompt, RewardStep } from '../protocol/rewards.ts';
import { stringifyExact, withExact } from '../text/exact-json.ts';
import { readPrompt } from './read-prompt.ts';
import { sharedColumns } from './shared-columns.ts';
import { readTokenIds } from './token-ids.ts';

/** A completion that was sampled elsewhere. It has a `prompt` or its ids, and a `completion` or its ids. */
export interface RecordedRollout {
  prompt?: Prompt;
  promptIds?: number[];
  completion?: string;
  completionIds?: number[];
  /** Who wrote `completionIds`, part by part; without it, the policy did. */
  segments?: RecordedSegment[];
  /** Of each of `completionIds` when it was sampled, in nats; null where the policy did not write it. */
  logProbs?: (number | null)[];
  /** Used instead of calling the reward functions; null: the function abstained. */
  rewards?: Record<string, number | null>;
  /** Scored parts of the completion, by function, where rewards are given too. */
  steps?: Record<string, RewardStep[]>;
  /** Whether the completion was cut off; without it, a completion that does not end in an end-of-sequence token was. */
  truncated?: boolean;
  columns: Record<string, unknown>;
  line: number;
}

export interface RecordedSegment {
  tokens: number;
  trained: boolean;
}

/** A step's completions: groups of `numGenerations`, each with one prompt. */
export type RecordedStep = RecordedRollout[][];

/** The rollout rows' own fields (RolloutRow); everything else is a dataset column. */
const FIELDS = new Set(
  'step group prompt prompts rendered_prompt prompt_ids completion completions completion_ids rewards reward advantage length truncated error failure columns details advantages prompt_history steps segments logprobs token_ends discarded replayed_from'.split(
    ' ',
  ),
);

/**
 * Reads completions to train on (`--rollouts`), in ascending order of `step`. Rows without `group` form groups of
 * `numGenerations` in file order, rows without `step` form steps of `promptsPerStep` groups.
 * Throws BadInput at file:line for an ill-typed row, a group of another size or with several prompts, or rewards on some rows only.
 */
export function loadRollouts(
  file: string,
  { numGenerations, promptsPerStep }: { numGenerations: number; promptsPerStep: number },
): RecordedStep[] {
  // The step that recorded a discarded one did not learn from it, and a replayed one is of another step.
  const lines = readJsonLines(file, 'rollouts file').filter(
    ({ value }) => value.discarded !== true && typeof value.replayed_from !== 'number',
  );
  const columnsOf = sharedColumns(lines, FIELDS);
  const at = (line: number): SourceLocation => ({ file, line });
  const rows = new Map(lines.map((line) => [line, readRow(line, columnsOf, at(line.line))]));

  const hasStep = givenOnAllOrNone(lines, 'step', file);
  const hasGroup = givenOnAllOrNone(lines, 'group', file);
  givenOnAllOrNone(lines, 'rewards', file);

  const groupsOf = (part: JsonLine[]): JsonLine[][] =>
    hasGroup ? byNumber(part, 'group', at) : chunks(part, numGenerations);
  const steps: JsonLine[][][] = hasStep
    ? byNumber(lines, 'step', at).map(groupsOf)
    : chunks(groupsOf(lines), promptsPerStep);

  return steps.map((groups) =>
    groups.map((group) => {
      checkGroup(group, numGenerations, at(group[0]!.line));
      return group.map((line) => rows.get(line)!);
    }),
  );
}

function readRow(row: JsonLine, columnsOf: (line: JsonLine) => JsonObject, at: SourceLocation): RecordedRollout {
  const { line, value } = row;
  const promptIds = readIds(value, 'prompt_ids', at);
  const completionIds = readIds(value, 'completion_ids', at);
  const { completion } = value;
  if (typeof completion !== 'string' && !(completion === undefined && completionIds))
    throw new BadInput('This row has neither a "completion" (a text) nor "completion_ids".', at);
  const segments = readSegments(value.segments, completionIds, at);
  const logProbs = readLogProbs(value.logprobs, completionIds, segments, at);
  const rewards = readRewards(value.rewards, at);
  const steps = rewards && readSteps(value.steps, at);
  return {
    ...(value.prompt === undefined && promptIds ? {} : { prompt: readPrompt(value.prompt, 'prompt', at) }),
    ...(promptIds && { promptIds }),
    ...(completion !== undefined && { completion }),
    ...(completionIds && { completionIds }),
    ...(segments && { segments }),
    ...(logProbs && { logProbs }),
    ...(rewards && { rewards }),
    ...(steps && { steps }),
    ...(typeof value.truncated === 'boolean' && { truncated: value.truncated }),
    columns: { ...columnsOf(row), ...readColumns(value, at) },
    line,
  };
}

function readIds(row: JsonObject, field: string, at: SourceLocation): number[] | undefined {
  const ids = readTokenIds(row, field, at);
  if (ids?.length === 0) throw new BadInput(`"${field}" must be a list of token ids that is not empty.`, at);
  return ids;
}

const recordedSegments = z.array(z.object({ tokens: z.int().min(1), trained: z.boolean() }));

function readSegments(segments: unknown, ids: number[] | undefined, at: SourceLocation): RecordedSegment[] | undefined {
  if (segments === undefined || segments === null) return undefined;
  const { data } = recordedSegments.safeParse(segments);
  if (!data)
    throw new BadInput(
      '"segments" must be a list such as [{ "tokens": 5, "trained": true }]: parts of the completion.',
      at,
    );
  checkCount('segments', sum(data.map(({ tokens }) => tokens)), ids, at);
  return data;
}

function readLogProbs(
  logProbs: unknown,
  ids: number[] | undefined,
  segments: RecordedSegment[] | undefined,
  at: SourceLocation,
): RecordedRollout['logProbs'] {
  // Without token ids the completion's text is tokenized again, into tokens that these are not about.
  if (logProbs === undefined || logProbs === null || !ids) return undefined;
  if (!Array.isArray(logProbs)) throw new BadInput('"logprobs" must be a list of numbers.', at);
  checkCount('logprobs', logProbs.length, ids, at);
  const trained = segments?.flatMap((segment) => Array<boolean>(segment.tokens).fill(segment.trained));
  logProbs.forEach((value, index) => {
    const isSampled = trained?.[index] ?? true;
    if (isSampled ? Number.isFinite(value) : value === null) return;
    const wanted = isSampled
      ? 'a finite number'
      : 'null, because "segments" says that the policy did not write the token';
    throw new BadInput(`"logprobs"[${index}] must be ${wanted}.`, at);
  });
  return logProbs;
}

/** Whether a field is about as many tokens as the completion has. */
function checkCount(field: string, tokens: number, ids: number[] | undefined, at: SourceLocation): void {
  if (!ids) throw new BadInput(`"${field}" needs "completion_ids", the tokens that it is about.`, at);
  if (tokens !== ids.length)
    throw new BadInput(`"${field}" is about ${tokens} tokens, but "completion_ids" has ${ids.length}.`, at);
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

function readColumns(value: JsonObject, at: SourceLocation): JsonObject {
  const { columns } = value;
  if (columns === undefined || columns === null) return {};
  if (typeof columns !== 'object' || Array.isArray(columns))
    throw new BadInput('"columns" must be an object: the dataset\'s other columns by name.', at);
  return withExact(columns as JsonObject);
}

function readRewards(rewards: unknown, at: SourceLocation): RecordedRollout['rewards'] {
  if (rewards === undefined || rewards === null) return undefined;
  const valid =
    typeof rewards === 'object' &&
    !Array.isArray(rewards) &&
    Object.keys(rewards).length > 0 &&
    Object.values(rewards).every((score) => score === null || typeof score === 'number');
  if (!valid) throw new BadInput('"rewards" must give a number or null for each function\'s name.', at);
  return rewards as Record<string, number | null>;
}

function readSteps(steps: unknown, at: SourceLocation): RecordedRollout['steps'] {
  if (steps === undefined || steps === null) return undefined;
  const parsed = recordedSteps.safeParse(steps);
  if (!parsed.success)
    throw new BadInput('"steps" must give a list of { end, score } in ascending order for each function\'s name.', at);
  return parsed.data;
}

const recordedSteps = z.record(
  z.string(),
  z
    .array(z.object({ end: z.int().min(0), score: z.number() }))
    .refine((steps) => steps.every(({ end }, i) => i === 0 || end >= steps[i - 1]!.end)),
);

function givenOnAllOrNone(lines: JsonLine[], field: string, file: string): boolean {
  const lacks = ({ value }: JsonLine) => value[field] === undefined || value[field] === null;
  const missing = lines.find(lacks);
  if (!missing) return true;
  if (lines.every(lacks)) return false;
  throw new BadInput(`This row has no "${field}", but others in the file do.`, { file, line: missing.line });
}

/** Rows with the same number in `field` together, in ascending order of it. */
function byNumber(lines: JsonLine[], field: string, at: (line: number) => SourceLocation): JsonLine[][] {
  const parts = new Map<number, JsonLine[]>();
  for (const row of lines) {
    const key = row.value[field];
    if (typeof key !== 'number' || !Number.isInteger(key))
      throw new BadInput(`"${field}" must be a whole number, not ${JSON.stringify(key)}.`, at(row.line));
    const part = parts.get(key);
    if (part) part.push(row);
    else parts.set(key, [row]);
  }
  return [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
}

function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function checkGroup(group: JsonLine[], size: number, at: SourceLocation): void {
  if (group.length !== size)
    throw new BadInput(
      `The group that starts here has ${group.length} completions, but numGenerations is ${size}; set it to the size of the groups.`,
      at,
    );
  const prompt = ({ value }: JsonLine) => stringifyExact(value.prompt ?? value.prompt_ids);
  const other = group.find((row) => prompt(row) !== prompt(group[0]!));
  if (other)
    throw new BadInput(`This row's prompt differs from line ${at.line}'s, though they are in one group.`, {
      ...at,
      line: other.line,
    });
}
