import * as z from 'zod';
import type { GroupSignal } from '../grpo/signal.ts';
import type { Remedy } from './remedy.ts';
import type { Prompt, RewardOutcome } from './rewards.ts';
import type { RunConfig } from './run-config.ts';

/**
 * The wire between an editor and the preview process (`dist/preview.js`, forked): what is written now goes down, what the reward
 * functions say of the samples comes up. One process serves one window; it keeps the workers of every subject warm.
 */
export const PREVIEW_VERSION = 1;

/** The run config's settings that decide what a reward is worth, and how rows of the dataset become prompts and columns. */
export type ScoreSettings = Pick<
  RunConfig,
  'scaleRewards' | 'multiObjectiveAggregation' | 'rewardTimeoutSeconds' | 'python'
> &
  Partial<
    Pick<RunConfig, 'baseline' | 'processRewardWeight' | 'chatTemplateKwargs' | 'rewardEnv' | 'prompt' | 'columns'>
  >;

/** A text as the editor has it, saved or not. Files are absolute paths throughout. */
export interface EditedText {
  file: string;
  text: string;
}

export interface PreviewRequest {
  type: 'preview';
  /** Rises with every request; of one subject only the newest is answered to the end. */
  id: number;
  /** What is previewed: the run config's path, or the reward file's where no config names it. Results are kept by subject. */
  subject: string;
  rewards: { file: string; function?: string | undefined; weight: number }[];
  /** `text` where the editor has it open. */
  samples: { file: string; text?: string | undefined };
  /** Its columns are what functions may ask for besides those that every function gets. */
  dataset: string | string[] | null;
  /** Unsaved texts of reward files and of modules that they may import; they stand in for the files on disk. */
  texts: EditedText[];
  /** For prompts as the chat template renders them; null where there is none to be had. */
  model: string | null;
  settings: ScoreSettings;
  /** Whether scores of an unchanged function may be kept: false after "Run", which calls every function again. */
  reuse: boolean;
}

/** What the editor asks of the preview process. */
export type PreviewCommand =
  | PreviewRequest
  /** The subject is no longer shown: its workers end. */
  | { type: 'close'; subject: string };

/** A reward function and how it did on the samples. */
export interface PreviewFunction {
  name: string;
  weight: number;
  /** The request does not name it, so that it is only tried: rewards, advantages and signals do not know of it. */
  trial?: true;
  file: string;
  language: 'typescript' | 'python';
  /** Where it is declared; lines and columns count from 1. */
  line: number;
  column: number;
  /** `running`: its outcomes are those of before, as far as there are any. */
  state: 'done' | 'running';
  /** Of samples with an outcome. */
  samples: number;
  mean: number | null;
  std: number | null;
  abstained: number;
  failed: number;
  /** Seconds of its last call. */
  seconds: number;
}

/** One function's verdict on one sample. `seconds` is null where the function scores the whole batch in one call. */
export type PreviewOutcome = RewardOutcome & { seconds: number | null };

export interface PreviewRow {
  /** In the samples file, from 1. */
  line: number;
  /** Index into `groups`. */
  group: number;
  completion: string;
  /** By function name; functions that have not scored it yet are missing. */
  outcomes: Record<string, PreviewOutcome>;
  /** Weighted sum; null when every function abstained or failed. */
  reward: number | null;
  advantage: number;
  /** Expectations that are not met; `name` is a function's or "total". */
  mismatches: { name: string; expected: number | [number, number]; actual: number | null }[];
}

export interface PreviewGroup {
  prompt: Prompt;
  /** The prompt as the model sees it; null without a chat template. */
  rendered: string | null;
  size: number;
  mean: number | null;
  std: number | null;
  signal: GroupSignal;
  /** The signal in words. */
  why: string;
}

/** Something to underline. `end` is exclusive; without it the word at the place. */
export interface PreviewProblem {
  file: string;
  line: number;
  column: number;
  endLine?: number | undefined;
  endColumn?: number | undefined;
  severity: 'error' | 'warning' | 'information';
  /** One sentence: what, and how to fix it. */
  message: string;
  code:
    | 'compile'
    | 'load'
    | 'samples'
    | 'failure'
    | 'stray'
    | 'environment'
    | 'unknown-column'
    | 'rounded'
    | 'duplicate-name'
    | 'always-abstains'
    | 'constant'
    | 'contradicts-expect'
    | 'expectation'
    | 'no-signal'
    | 'other-prompt';
  /** What a quick fix would put in the range's place, such as the nearest column's name. */
  fix?: string | undefined;
  /** What can be done in the run config. */
  remedy?: Remedy | undefined;
}

/** A full picture: it replaces the one before. */
export interface PreviewResult {
  type: 'result';
  id: number;
  subject: string;
  /** False while functions still run. */
  done: boolean;
  /** The reward files or the samples do not compile, load or parse: numbers are those of the last text that did. */
  stale: boolean;
  /** Those that count, then those that are only tried. */
  functions: PreviewFunction[];
  rows: PreviewRow[];
  groups: PreviewGroup[];
  problems: PreviewProblem[];
  /** Outcomes that were computed for this request; the others were kept. */
  computed: number;
  /** From the request's arrival to this result. */
  seconds: number;
  /** The interpreter of Python functions, once one was looked for. */
  python: { path: string; version: string } | null;
}

/** What the preview process tells the editor. */
export type PreviewEvent =
  | { type: 'ready'; version: typeof PREVIEW_VERSION }
  | PreviewResult
  /** What the user's code in `file` printed. */
  | { type: 'output'; subject: string; file: string; text: string };

const text = z.string();

/** Checks what arrives at the preview process; the types above say what the fields mean. */
export const previewCommand = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('preview'),
    id: z.int(),
    subject: text,
    rewards: z.array(z.object({ file: text, function: text.optional(), weight: z.number() })),
    samples: z.object({ file: text, text: text.optional() }),
    dataset: z.union([text, z.array(text)]).nullable(),
    texts: z.array(z.object({ file: text, text })),
    model: text.nullable(),
    settings: z.custom<ScoreSettings>((value) => typeof value === 'object' && value !== null),
    reuse: z.boolean(),
  }),
  z.object({ type: z.literal('close'), subject: text }),
]) satisfies z.ZodType<PreviewCommand>;

/** Both ends come from one package, so that the kind of a message and its version are all there is to check. */
export const previewEvent = z.custom<PreviewEvent>((value) => {
  const { type, version } = (value ?? {}) as { type?: string; version?: number };
  return type === 'result' || type === 'output' || (type === 'ready' && version === PREVIEW_VERSION);
});
