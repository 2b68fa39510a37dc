// zod/mini, because the webview's bundle carries these guards too.
import * as z from 'zod/mini';
import { checkpointsHostMessages, checkpointsMessages } from './dashboard-checkpoints.ts';
import { compareHostMessages, compareMessages } from './dashboard-compare.ts';
import { completion } from './dashboard-completion.ts';
import { configHostMessages, configMessages } from './dashboard-config.ts';
import { findingsHostMessages, findingsMessages } from './dashboard-findings.ts';
import { overviewHostMessages, overviewMessages } from './dashboard-overview.ts';
import { rolloutsHostMessages, rolloutsMessages } from './dashboard-rollouts.ts';
import type { Finding } from './finding.ts';
import { rescoreFigures, rescoreStart, rescoreStep, sourcePlace } from './rescore.ts';
import { runAbout } from './run-about.ts';
import type { RunConfig } from './run-config.ts';
import { RUN_EXPORTS } from './run-export.ts';
import type { ImportedRun, RewardSource, RunChange, RunInputs, RunReward, RunState } from './run-folder.ts';
import { runResults } from './run-results.ts';

/** Raised when a message changes its meaning. Host and webview come from one package; a webview that was kept may be older. */
export const DASHBOARD_VERSION = 1;

const step = z.int().check(z.minimum(0));
/** A line or a column, from 1. */
const place = z.int().check(z.minimum(1));
const FILE_NAME = /^[^\\/]+\.(svg|png|csv)$/;
const states = ['running', 'paused', 'stopping', 'done', 'stopped', 'failed'] as const satisfies RunState[];

/** Numbers travel as binary arrays: 100,000 steps are no JSON. NaN, which JSON does not have, marks a missing value in them. */
const columns = z.object({
  steps: z.instanceof(Float64Array),
  values: z.record(z.string(), z.instanceof(Float64Array)),
});

const head = z.object({
  /** The run folder: the run's id. */
  folder: z.string(),
  /** Its label among the runs of the workspace: no other is called the same. */
  name: z.string(),
  createdAt: z.string(),
  state: z.enum(states),
  reason: z.nullable(z.string()),
  step,
  /** The newest step whose completions can be read: while a step is trained, that one. */
  scored: step,
  device: z.nullable(z.string()),
  config: z.custom<RunConfig>((value) => typeof value === 'object' && value !== null),
  /** Undefined for runs of an earlier release, which did not write them down. */
  rewards: z.optional(z.custom<RunReward[]>(Array.isArray)),
  /** Tokens that the model's context leaves for completions, where the run says so. */
  completionRoom: z.optional(z.int()),
  /** Nor these: its reward code, what else it reads, and what has changed about it since it started. */
  rewardSources: z.optional(z.custom<RewardSource[]>(Array.isArray)),
  inputs: z.optional(z.custom<RunInputs>((value) => typeof value === 'object' && value !== null)),
  changes: z.optional(z.custom<RunChange[]>(Array.isArray)),
  /** What people wrote about it. */
  about: z.optional(runAbout),
  /**
   * Whose trainer writes the folder: `ours` can be stopped and paused from here; `other` is one outside this window; with `none`,
   * a state of `running` means that it was killed.
   */
  trainer: z.enum(['ours', 'other', 'none']),
  /** Why nothing was learned, where that is so. */
  findings: z.optional(z.custom<Finding[]>(Array.isArray)),
  /** Another program trained it: what that did not tell. */
  imported: z.optional(z.custom<ImportedRun>((value) => typeof value === 'object' && value !== null)),
});
export type RunHead = z.infer<typeof head>;

/** What this window's trainer is doing for a run, or for one that has no folder yet. */
const activity = z.object({
  phase: z.enum(['load', 'rollout', 'score', 'update', 'evaluate', 'save']),
  /** How much of it is done, where that is known. */
  share: z.nullable(z.number()),
  /** Since the trainer was started; the webview counts on from there. */
  seconds: z.number(),
  /** Until the run is done, once that can be estimated. */
  secondsLeft: z.nullable(z.number()),
  /** Mean of the recent steps. */
  stepSeconds: z.nullable(z.number()),
});
export type Activity = z.infer<typeof activity>;

/** A run that can be laid over this one. */
const runSummary = z.object({
  folder: z.string(),
  name: z.string(),
  createdAt: z.string(),
  state: z.enum(states),
  step,
  seed: z.optional(z.number()),
  /** Not before they were asked for and read. */
  results: z.optional(runResults),
});
export type RunSummary = z.infer<typeof runSummary>;

/** Recorded completions under the rewards as they are now, as far as they are scored; null: nobody has asked for that. */
const rescoreView = z.object({
  state: z.enum(['running', 'done', 'failed']),
  /** Why it failed; the steps are then those of before. `place`: where in the user's files. */
  problem: z.nullable(z.string()),
  place: z.optional(sourcePlace),
  start: z.nullable(rescoreStart),
  /** Newest first. */
  steps: z.array(rescoreFigures),
});
export type RescoreView = z.infer<typeof rescoreView>;

/** With whatever other fields the dataset has given it. */
const chatMessage = z.looseObject({
  role: z.string(),
  content: z.optional(z.union([z.string(), z.null(), z.array(z.looseObject({ text: z.optional(z.string()) }))])),
});

/** A completion to keep as a sample; `expect`: what the functions should give. */
const keptSample = z.object({
  prompt: z.union([z.string(), z.array(chatMessage)]),
  completion: z.string(),
  columns: z.record(z.string(), z.unknown()),
  // A line break would end the sample's line.
  exact: z.optional(z.record(z.string(), z.string().check(z.regex(/^[^\r\n]*$/)))),
  expect: z.optional(z.record(z.string(), z.number())),
});
export type KeptSample = z.infer<typeof keptSample>;

/** What the host tells the dashboard. */
export const hostMessage = z.discriminatedUnion('type', [
  /**
   * All of a run; replaces what was there of it. Sent on `ready`, when the run was rewound, and for each run laid over.
   * `main` is the dashboard's own run.
   */
  z.object({
    type: z.literal('snapshot'),
    version: z.literal(DASHBOARD_VERSION),
    main: z.boolean(),
    head,
    columns,
  }),
  /** The rows of a run after those that were sent. */
  z.object({ type: z.literal('append'), folder: z.string(), columns }),
  z.object({ type: z.literal('head'), head }),
  /** Null: no trainer of this window works on the run. */
  z.object({ type: z.literal('activity'), activity: z.nullable(activity) }),
  /** There is no run yet, as its trainer is still loading; or never will be, for the reason in `problem`. */
  z.object({ type: z.literal('starting'), name: z.string(), problem: z.nullable(z.string()) }),
  /** Completions of a step in the order of the file, or why they cannot be shown. */
  z.object({
    type: z.literal('rollouts'),
    step,
    rows: z.array(completion),
    problem: z.nullable(z.string()),
  }),
  z.object({ type: z.literal('rescore'), view: rescoreView }),
  /** A step in full, and its completions in the order of the file; null when it is not scored. */
  z.object({ type: z.literal('rescored'), step, scored: z.nullable(rescoreStep), completions: z.array(completion) }),
  /** Someone asked in the editor to see this. */
  z.object({
    type: z.literal('show'),
    view: z.enum(['overview', 'rescore', 'compare', 'config', 'checkpoints']),
    /** The runs to compare this one with. */
    folders: z.optional(z.array(z.string())),
    /** Of these their curves, those of runs that differ only in seed as their mean. */
    curves: z.optional(z.boolean()),
    /** The checkpoint's. */
    step: z.optional(step),
  }),
  /** What became of the sample of that `id`: where it stands, or why it could not be kept. */
  z.object({
    type: z.literal('sampled'),
    id: z.int(),
    outcome: z.enum(['added', 'updated', 'there', 'failed']),
    file: z.string(),
    line: z.int(),
    problem: z.nullable(z.string()),
  }),
  /** The runs that can be laid over this one. */
  z.object({ type: z.literal('runs'), runs: z.array(runSummary) }),
  // Those of one tab: who shows them listens to them (`onMessage` in webview/host.ts).
  ...overviewHostMessages,
  ...findingsHostMessages,
  ...rolloutsHostMessages,
  ...compareHostMessages,
  ...configHostMessages,
  ...checkpointsHostMessages,
]);
export type HostMessage = z.infer<typeof hostMessage>;

/** What the dashboard asks of the host. */
export const dashboardMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.literal(DASHBOARD_VERSION) }),
  z.object({ type: z.literal('control'), command: z.enum(['stop', 'pause', 'resume']) }),
  z.object({
    type: z.literal('command'),
    command: z.enum(['resumeFromCheckpoint', 'openCheckpointFolder', 'showLog', 'rescoreRun', 'startTraining']),
  }),
  z.object({ type: z.literal('rollouts'), step }),
  /** Someone has opened a group to read its completions. */
  z.object({ type: z.literal('groupOpened') }),
  /** The whole set of other runs to lay over this one; they replace those asked for before. */
  z.object({ type: z.literal('compare'), folders: z.array(z.string()) }),
  /** The name is a suggestion for the dialog: a file name, no path. */
  z.object({ type: z.literal('save'), name: z.string().check(z.regex(FILE_NAME)), content: z.instanceof(Uint8Array) }),
  /** Export what runs recorded: the dashboard's own first, then those laid over it. */
  z.object({
    type: z.literal('exportRuns'),
    kind: z.enum(RUN_EXPORTS),
    runs: z.array(z.object({ folder: z.string(), label: z.string() })).check(z.minLength(1)),
  }),
  /** A step of the rescored ones. */
  z.object({ type: z.literal('rescored'), step }),
  /** Keep a completion in the samples file of the run's config. */
  z.object({ type: z.literal('sample'), id: z.int(), sample: keptSample }),
  /** Show the samples file of the run's config. */
  z.object({ type: z.literal('openSample'), line: place }),
  /** Show a file of this run's reward code beside that of an overlaid run; `name` as in `rewardSources`. */
  z.object({ type: z.literal('rewardDiff'), folder: z.string(), name: z.string() }),
  /** Show a place in one of the user's files. */
  z.object({ type: z.literal('open'), file: z.string(), line: place, column: place }),
  // Those of one tab, which its host answers (src/extension/dashboard/tabs).
  ...overviewMessages,
  ...findingsMessages,
  ...rolloutsMessages,
  ...compareMessages,
  ...configMessages,
  ...checkpointsMessages,
]);
export type DashboardMessage = z.infer<typeof dashboardMessage>;
