import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EncodedPrompt } from '../data/prompts.ts';
import { weightedSum } from '../grpo/advantages.ts';
import type { Metrics } from '../grpo/metrics.ts';
import { mean } from '../grpo/statistics.ts';
import { trainedLength } from '../grpo/trajectory.ts';
import { computeCopies } from '../model/network/half-weights.ts';
import { heldOutRewardKey } from '../protocol/held-out.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { EvaluatedRow } from '../protocol/run-folder.ts';
import { failedShare, scoreOf, scoresByRow } from '../rewards/score-table.ts';
import { readAdapter } from './policy/checkpoint-files.ts';
import type { Learner, PolicySampler } from './policy/learner.ts';
import { LocalSampler } from './policy/local-sampler.ts';
import type { PreparedRun } from './prepare.ts';
import type { PromptList } from './prompt-list.ts';
import { evaluatedRows } from './records.ts';
import { type OnCompletion, type Rollout, type RolloutCompletion, sampleRollout, scoreBatch } from './rollout.ts';

export interface Evaluation {
  /** Mean of the weighted sums; null when no completion got a score. */
  reward: number | null;
  /** Mean of each function's scores. */
  rewards: Record<string, number | null>;
  /** Share of completions on which a reward function failed. */
  failed: number;
  /** Share of completions that were cut off. */
  clipped: number;
  /** Mean length of completions, in tokens. */
  length: number;
  prompts: number;
  /** What the reward functions used up, such as a judge's tokens. */
  used: Record<string, number>;
  /** Group by group. */
  completions: Rollout;
  /** Each completion's weighted sum of scores; null without any. */
  totals: (number | null)[];
  /** As records keep them. */
  rows(step: number): EvaluatedRow[];
}

/** Without `evalSteps` or `evalPrompts`, nobody has asked for more: before and after a run, this many are precise enough. */
const ENOUGH_PROMPTS = 64;

/** Who waits for an evaluation. */
export interface Watching {
  /** Hears the share of the prompts that are done. */
  onShare?(share: number): void;
  /** Asked between batches: whether to give up. */
  abandoned?(): boolean;
}

/** Evaluates a policy in training, as it is at each call; gives undefined when it was abandoned. */
export type Evaluate = (watching?: Watching) => Promise<Evaluation | undefined>;

/** Undefined without held-out prompts. */
export function evaluationOf(
  run: EvaluatedRun & Pick<PreparedRun, 'evalPrompts'>,
  learner: Learner,
): Evaluate | undefined {
  const { evalPrompts, config } = run;
  if (!evalPrompts || (config.evalSteps === null && !config.evalOnStart)) return undefined;
  const sampler = learner.sampler(config.numGenerationsEval, config);
  const some = evalPrompts.slice(0, promptsEvaluated(config, evalPrompts.length));
  return (watching) => evaluate(run, sampler, some, watching);
}

/** How many of the held-out prompts a run evaluates. */
export const promptsEvaluated = (
  { evalPrompts, evalSteps }: Pick<RunConfig, 'evalPrompts' | 'evalSteps'>,
  heldOut: number,
): number => Math.min(heldOut, evalPrompts ?? (evalSteps === null ? ENOUGH_PROMPTS : heldOut));

/** The row of metrics that an evaluation adds: what TRL 1.16 calls the same figures when it evaluates. */
export function evaluationMetrics({ reward, rewards, length, clipped, used }: EvaluationFigures): Metrics {
  const functions = Object.entries(rewards).map(([name, mean]) => [heldOutRewardKey(name), mean]);
  return {
    eval_reward: reward,
    ...Object.fromEntries(functions),
    'eval_completions/mean_length': length,
    'eval_completions/clipped_ratio': clipped,
    ...Object.fromEntries(Object.entries(used).map(([name, amount]) => [`eval_${name}`, amount])),
  };
}
export type EvaluationFigures = Pick<Evaluation, 'reward' | 'rewards' | 'length' | 'clipped' | 'used'>;

/** What the loop records of an evaluation. */
export type RecordedEvaluation = EvaluationFigures & Pick<Evaluation, 'rows'>;

/** Evaluates the model that a run starts from, with the adapter of a checkpoint beside it where that is given. */
export async function evaluateStart(run: PreparedRun, prompts: PromptList, checkpoint?: string): Promise<Evaluation> {
  const { engine, model, config } = run;
  const adapter = checkpoint === undefined ? {} : readAdapter(checkpoint, model);
  const weights = await computeCopies(engine, model, { ...run.weights, ...adapter });
  const sampler = new LocalSampler(run, config.numGenerationsEval, config.seed, async () => weights);
  const some = prompts.slice(0, config.evalPrompts ?? prompts.length);
  // Nobody abandons it.
  return (await evaluate(run, sampler, some))!;
}

type EvaluatedRun = Pick<PreparedRun, 'config' | 'rewards' | 'tokenizer'>;

/** Samples completions for held-out prompts as in training, always from the same random numbers, and scores them. */
async function evaluate(
  run: EvaluatedRun,
  sampler: PolicySampler,
  prompts: readonly EncodedPrompt[],
  watching: Watching = {},
): Promise<Evaluation | undefined> {
  const { config, rewards } = run;
  // Those of a batch are scored while the next one is sampled.
  const ahead = rewards.ahead((some: readonly RolloutCompletion[]) => scoreBatch(some));
  const rollout = await sampleAll(run, sampler, prompts, { ...watching, onCompletion: ahead.add });
  if (!rollout) return undefined;
  const table = await ahead.finish(rollout);
  const { scores, weights } = scoresByRow(table.columns, rollout.keys());
  const totals = scores.map((row) => weightedSum(row, weights));
  return {
    reward: mean(totals),
    rewards: Object.fromEntries(table.columns.map(({ name, outcomes }) => [name, mean(outcomes.map(scoreOf))])),
    failed: failedShare(table),
    clipped: rollout.filter(({ trajectory }) => trajectory.truncated).length / rollout.length,
    length: mean(rollout.map(({ trajectory }) => trainedLength(trajectory))) ?? 0,
    prompts: rollout.length / config.numGenerationsEval,
    used: table.totals ?? {},
    completions: rollout,
    totals,
    rows: (step) => evaluatedRows({ step, rollout, table, scores, rewards: totals }),
  };
}

/** In batches of one size, so that one compiled graph does; the last one is filled up with prompts whose answers are dropped. */
async function sampleAll(
  { config, tokenizer }: EvaluatedRun,
  sampler: PolicySampler,
  prompts: readonly EncodedPrompt[],
  { onShare, abandoned, onCompletion }: Watching & { onCompletion: OnCompletion },
): Promise<Rollout | undefined> {
  const { numGenerationsEval: group, maxCompletionLength } = config;
  const perBatch = Math.min(
    prompts.length,
    Math.max(1, Math.round((config.promptsPerStep * config.numGenerations) / group)),
  );
  const rollout: Rollout = [];
  for (let start = 0; start < prompts.length; start += perBatch) {
    // The engine blocks the event loop while it runs: a request to stop is heard here.
    await nextTurn();
    if (abandoned?.()) return undefined;
    onShare?.(start / prompts.length);
    const batch = Array.from({ length: perBatch }, (_, i) => prompts[start + i] ?? prompts.at(-1)!);
    const completions = await sampleRollout(sampler, tokenizer, batch, maxCompletionLength, ['evaluation', start]);
    const wanted = Math.min(perBatch, prompts.length - start) * group;
    for (const completion of completions.slice(0, wanted)) {
      const row = rollout.push({ ...completion, group: completion.group + start }) - 1;
      onCompletion(row, rollout[row]!);
    }
  }
  return rollout;
}
