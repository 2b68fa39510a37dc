import * as z from 'zod';
import { finding } from './finding.ts';
import { sourceLocation } from './problem.ts';
import { STAGE_KINDS } from './stage-config.ts';
import { stepReport } from './step-report.ts';

const count = z.int().min(0);
const seconds = z.number().min(0);
const bytes = z.number().min(0);

/** Seconds of one step of the run, by phase. `reference` is part of the update where the loss asks for the reference model. */
const stepSeconds = z.object({
  ...{ rollout: seconds, score: seconds, reference: seconds, update: seconds },
  total: seconds,
});
export type StepSeconds = z.infer<typeof stepSeconds>;

/** What the run takes: each in seconds for all of it. */
const runSeconds = z.object({
  /** Reading the model and compiling the graphs. */
  start: seconds,
  steps: seconds,
  evaluations: seconds,
  checkpoints: seconds,
  total: seconds,
});
export type RunSeconds = z.infer<typeof runSeconds>;

const memoryUse = z.object({
  /** With completions as long as those that were sampled. */
  expected: bytes,
  /** With every completion as long as it may be. */
  atMost: bytes,
  /** Of the machine, or what of it this process may use; null where that is not known. */
  available: bytes.nullable(),
});
export type MemoryUse = z.infer<typeof memoryUse>;

/** Prompts that are there more than once. */
const duplicates = z.object({
  /** How many prompts are equal to an earlier one. */
  count,
  first: z.object({ one: sourceLocation, other: sourceLocation }).optional(),
});
export type Duplicates = z.infer<typeof duplicates>;

const promptReport = z.object({
  training: count,
  /** Null: none are held out. */
  heldOut: count.nullable(),
  /** In tokens. */
  ...{ shortest: count, longest: count },
  /** Tokens that the model can read: prompt and completion. */
  context: count,
  /** Training prompts that are skipped because of `maxPromptLength`. */
  skipped: count,
  /** Of the longest prompts, those that leave no room for a completion: the run ends at the first. */
  beyond: z.object({ count, first: sourceLocation.optional() }),
  duplicates,
  /** Held-out prompts that are trained on. */
  trainedOn: duplicates.nullable(),
});
export type PromptReport = z.infer<typeof promptReport>;

/** A stage of a run: its data was read; one of them is measured. */
const checkedStage = z.object({
  name: z.string(),
  kind: z.enum(STAGE_KINDS),
  first: count,
  last: count,
  measured: z.boolean(),
  /** Of a supervised stage that has a dataset already. */
  demonstrations: count.optional(),
});
export type CheckedStage = z.infer<typeof checkedStage>;

/** What `grpo check --json` prints: what a run will be like, and what is wrong with it. */
export const checkReport = z.object({
  config: z.string(),
  name: z.string(),
  device: z.string(),
  model: z.object({ folder: z.string(), parameters: count, trained: count }),
  plan: z.object({
    steps: count,
    promptsPerStep: count,
    numGenerations: count,
    /** Of groups that grow: what is measured has `numGenerations`. */
    mostGenerations: count.optional(),
    evaluations: count,
    checkpoints: count,
  }),
  /** Of a run with stages; all other figures are then of the one that is measured. */
  stages: z.array(checkedStage).optional(),
  /** From how many steps of how many prompts the figures are. */
  sampled: z.object({ steps: count, prompts: count }),
  step: stepReport,
  /** Null where TRL trains the run: what TRL takes is not measured. */
  ...{ stepSeconds: stepSeconds.nullable(), runSeconds: runSeconds.nullable() },
  /** What all completions of a step have, a second of sampling. */
  tokensPerSecond: z.number().nullable(),
  /** Of the trainer's process; on a GPU also of its memory; and of the disk, for checkpoints. */
  memory: z.object({
    process: memoryUse.nullable(),
    gpu: memoryUse.nullable(),
    disk: z.object({ checkpoints: bytes, free: bytes.nullable() }),
  }),
  prompts: promptReport,
  findings: z.array(finding),
});
export type CheckReport = z.infer<typeof checkReport>;
