import * as z from 'zod';
import type { ToolName } from './names.ts';

const path = (what: string, more = '') =>
  z
    .string()
    .min(1)
    .describe(`path of ${what}, absolute or relative to the workspace${more && `. ${more}`}`);

const config = path('a run config (NAME.grpo.json)');
const target = path(
  'a run config (NAME.grpo.json) or a reward file (NAME.reward.ts, NAME.py)',
  'A config stands for its rewards with their weights, FILE#FUNCTION for one function',
);
const samples = path(
  'a samples file',
  'JSON Lines with prompt, completion, the columns that the reward reads, and optionally expect ({"FUNCTION": score, "total": score}). Without it that of the config, or samples/NAME.samples.jsonl',
).optional();
const run = path('a run folder', 'list_runs and start_training give it');
const step = z.int().min(1).max(1e9).optional().describe('the step, counted from 1; without it the newest');
const group = z.int().min(0).max(1e9).default(0).describe('the group (the prompt) of the step, counted from 0');

/** What a call does besides answering: hosts ask the user before all but the first. */
export type Effect = 'reads' | 'runs-code' | 'trains' | 'stops';

export interface Tool {
  title: string;
  /** One of VS Code's icons. */
  icon: string;
  /** For people. */
  summary: string;
  /** For the model. */
  description: string;
  input: z.ZodObject;
  effect: Effect;
}

/** The tools of an assistant, wherever it runs. */
export const TOOLS = {
  score_samples: {
    title: 'Score Samples',
    icon: 'beaker',
    summary: 'Every sample with its scores, reasons, failures and advantage',
    description:
      'Scores sample completions with reward functions: a table for each prompt with every score, reason, failure (file and line) and advantage, and which expectations are not met. Use it after every change of a reward. Runs the reward code.',
    input: z.object({ target, samples }),
    effect: 'runs-code',
  },
  audit_rewards: {
    title: 'Audit Rewards',
    icon: 'shield',
    summary: 'What a reward can be fooled by',
    description:
      'Tries to earn rewards without doing the task, and tries correct answers in other forms: says what a reward function can be fooled by and what it misses. Use it before training with a new reward; the samples need at least one correct completion. Runs the reward code.',
    input: z.object({ target, samples }),
    effect: 'runs-code',
  },
  check_run: {
    title: 'Check Run',
    icon: 'checklist',
    summary: 'What a run will be like, and what is wrong with its config',
    description:
      'Takes a few steps without training and says what a run will be like (time, memory, learning signal, lengths), and what is wrong with its config. Use it before start_training. Loads the model and runs the reward code; takes seconds to minutes.',
    input: z.object({ config }),
    effect: 'runs-code',
  },
  start_training: {
    title: 'Start Training',
    icon: 'play',
    summary: 'Starts a run, and gives its run folder',
    description:
      'Starts training a model as a run config describes, and answers with the run folder as soon as it trains; training continues after this call, for minutes to hours. Use run_status to read it and stop_training to end it. Only call this when the user wants to train.',
    input: z.object({
      config,
      set: z.array(z.string()).default([]).describe('fields of the config to override, such as "maxSteps=20"'),
    }),
    effect: 'trains',
  },
  list_runs: {
    title: 'List Runs',
    icon: 'list-unordered',
    summary: 'The runs, the newest first',
    description: 'Lists runs, the newest first, one per line: run folder, name, state, step, reward.',
    input: z.object({
      folder: path('the folder with the run configs', 'Without it that of the workspace').optional(),
    }),
    effect: 'reads',
  },
  run_status: {
    title: 'Read Run Status',
    icon: 'pulse',
    summary: 'State, settings and newest metrics of a run',
    description:
      'State, rewards and newest metrics of a run, a column for each step. Use it to see whether a run learns: the reward should rise while groups/signal stays above 0.',
    input: z.object({
      run,
      steps: z.int().min(1).max(50).default(5).describe('how many of the newest steps'),
    }),
    effect: 'reads',
  },
  diagnose_run: {
    title: 'Diagnose Run',
    icon: 'search',
    summary: 'What the curves and completions of a run say is wrong with it',
    description:
      'What the curves and completions of a run say is wrong with it, each finding with its evidence and what to do. Use it when a reward does not rise, falls, or rises suspiciously fast.',
    input: z.object({ run }),
    effect: 'reads',
  },
  read_group: {
    title: 'Read Group',
    icon: 'comment-discussion',
    summary: 'The completions of a prompt, with their rewards and advantages',
    description:
      'The completions that a run sampled for one prompt of a step, each with its rewards and advantage. Use it to see what is rewarded: a rising reward with completions that do not do the task is a reward that is fooled.',
    input: z.object({ run, step, group }),
    effect: 'reads',
  },
  explain_group: {
    title: 'Explain Group',
    icon: 'lightbulb',
    summary: 'The arithmetic of GRPO with the numbers of a group',
    description:
      'Walks through GRPO with the numbers of one group: rewards, advantages, ratios, KL, and what the update made more and less likely.',
    input: z.object({ run, step, group }),
    effect: 'reads',
  },
  stop_training: {
    title: 'Stop Training',
    icon: 'debug-stop',
    summary: 'Stops a run after its step, with a checkpoint',
    description:
      'Stops a training after its current step, with a checkpoint from which it can be resumed, and answers when it has ended. Only call this when the user wants it to stop.',
    input: z.object({ run }),
    effect: 'stops',
  },
} satisfies Record<ToolName, Tool>;

export type ToolInput<Name extends ToolName> = z.infer<(typeof TOOLS)[Name]['input']>;

/** What an assistant should know before its first call. */
export const INSTRUCTIONS =
  'Train language models with GRPO from reward functions. Order of work: write or change a reward, score_samples, audit_rewards, mend the reward, check_run, start_training, run_status, read_group; stop_training when the reward is fooled.';
