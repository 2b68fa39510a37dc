/** What an editor says to the process that lets people try checkpoints, and hears from it; the dashboard passes it on. */
// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import { sourcePlace } from './rescore.ts';
import type { Prompt } from './rewards.ts';

/** Raised when a message changes its meaning. */
export const CHAT_VERSION = 1;

const count = z.int().check(z.minimum(0));
const positive = z.int().check(z.minimum(1));

/** Who answers: the model that the run started from, and what it has become. */
const chatSide = z.enum(['base', 'checkpoint']);
export type ChatSide = z.infer<typeof chatSide>;

const promptSet = z.enum(['held-out', 'training']);
export type PromptSet = z.infer<typeof promptSet>;

/** A prompt that someone typed, or one of the run's, by its index. */
const chosenPrompt = z.union([
  z.object({ text: z.string().check(z.minLength(1)) }),
  z.object({ set: promptSet, index: count }),
]);
export type ChosenPrompt = z.infer<typeof chosenPrompt>;

/** One question to all sides. */
const question = z.object({
  id: count,
  prompt: chosenPrompt,
  /** It follows what was said before; only what was typed can. */
  continues: z.boolean(),
  seed: count,
  /** 0: greedy. */
  temperature: z.number().check(z.minimum(0)),
  maxTokens: positive,
});
export type Question = z.infer<typeof question>;

export const askCommand = z.object({ type: z.literal('ask'), question });
export const promptsCommand = z.object({ type: z.literal('prompts'), set: promptSet, search: z.string() });
export const stopCommand = z.object({ type: z.literal('stop') });

export const chatCommand = z.discriminatedUnion('type', [
  /** The first command, and only that. Without `score`, no code of the user's runs. */
  z.object({ type: z.literal('open'), run: z.string(), step: count, score: z.boolean() }),
  promptsCommand,
  askCommand,
  stopCommand,
]);
export type ChatCommand = z.infer<typeof chatCommand>;

const listedPrompt = z.object({
  index: count,
  /** Its last message, shortened. */
  text: z.string(),
  columns: z.record(z.string(), z.unknown()),
});
export type ListedPrompt = z.infer<typeof listedPrompt>;

/** What a reward function says of an answer. */
const verdict = z.object({
  name: z.string(),
  weight: z.number(),
  kind: z.enum(['score', 'abstain', 'failure']),
  /** Null unless it gave one. */
  score: z.nullable(z.number()),
  /** Why this score, or what the failure says. */
  reason: z.nullable(z.string()),
  extracted: z.nullable(z.string()),
  /** Of a failure, as far as it is known. */
  place: z.optional(sourcePlace),
});
export type Verdict = z.infer<typeof verdict>;

const prompt = z.custom<Prompt>((value) => typeof value === 'string' || Array.isArray(value));

export const chatEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.literal(CHAT_VERSION) }),
  /** Before anything is loaded: what the models take in bytes, and how much memory is free. */
  z.object({
    type: z.literal('cost'),
    models: positive,
    bytes: z.number(),
    available: z.number(),
    training: z.boolean(),
  }),
  /** The share of all weights that is read. */
  z.object({ type: z.literal('loading'), share: z.number() }),
  z.object({
    type: z.literal('opened'),
    step: count,
    /** What computes. */
    device: z.string(),
    /** A conversation, rather than a text that is continued. */
    chat: z.boolean(),
    /** How many prompts can be chosen of each set. */
    prompts: z.record(promptSet, count),
    /** As in the run's sampling. */
    temperature: z.number(),
    maxTokens: positive,
    seed: count,
    /** The run's reward functions; empty where they do not run. */
    rewards: z.array(z.string()),
    /** What is not as it might be, a sentence each. */
    notes: z.array(z.string()),
  }),
  z.object({
    type: z.literal('prompts'),
    set: promptSet,
    search: z.string(),
    rows: z.array(listedPrompt),
    found: count,
  }),
  /** What the sides are asked, as reward functions get it. */
  z.object({
    type: z.literal('asked'),
    id: count,
    prompt,
    columns: z.record(z.string(), z.unknown()),
    /** Columns that the dataset's prompts have and this one has not. */
    missing: z.array(z.string()),
  }),
  /** The answer is now what it was up to character `from` (UTF-16 units), and then `text`. */
  z.object({ type: z.literal('text'), id: count, side: chatSide, from: count, text: z.string() }),
  z.object({
    type: z.literal('answer'),
    id: count,
    side: chatSide,
    text: z.string(),
    tokens: count,
    seconds: z.number(),
    end: z.enum(['finished', 'cut off', 'stopped']),
  }),
  z.object({
    type: z.literal('scored'),
    id: count,
    side: chatSide,
    /** Weighted sum; null when every function abstained or failed. */
    reward: z.nullable(z.number()),
    verdicts: z.array(verdict),
  }),
  /** All sides have answered, and all answers are scored. */
  z.object({ type: z.literal('done'), id: count }),
  /** `id`: of the question that it is about; null: it cannot go on. */
  z.object({ type: z.literal('problem'), id: z.nullable(count), message: z.string() }),
]);
export type ChatEvent = z.infer<typeof chatEvent>;
