import type { EncodedPrompt } from '../data/prompts.ts';
import { weightedSum } from '../grpo/advantages.ts';
import { mean } from '../grpo/statistics.ts';
import { trainedLength } from '../grpo/trajectory.ts';
import { computeCopies } from '../model/network/half-weights.ts';
import { failedShare, scoreOf, scoresByRow } from '../rewards/score-table.ts';
import type { Learner, PolicySampler } from './policy/learner.ts';
import { LocalSampler } from './policy/local-sampler.ts';
import type { PreparedRun } from './prepare.ts';
import type { PromptList } from './prompt-list.ts';
import { type Rollout, sampleRollout, scoreBatch } from './rollout.ts';

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
  /** Group by group. */
  completions: Rollout;
  /** Each completion's weighted sum of scores; null without any. */
  totals: (number | null)[];
}

/** Evaluates a policy in training, where its config wants that. */
export function evaluationOf(run: PreparedRun, learner: Learner): (() => Promise<Evaluation>) | undefined {
  const { evalPrompts, config } = run;
  if (!evalPrompts || config.evalSteps === null) return undefined;
  const sampler = learner.sampler(config.numGenerationsEval);
  return () => evaluate(run, sampler, evalPrompts);
}

/** Evaluates the model that a run starts from. */
export async function evaluateStart(run: PreparedRun, prompts: PromptList): Promise<Evaluation> {
  const { engine, model, config } = run;
  const weights = await computeCopies(engine, model, run.weights);
  return evaluate(run, new LocalSampler(run, config.numGenerationsEval, config.seed, async () => weights), prompts);
}

type EvaluatedRun = Pick<PreparedRun, 'config' | 'rewards' | 'tokenizer'>;

/** Samples completions for held-out prompts as in training, always from the same random numbers, and scores them. */
async function evaluate(run: EvaluatedRun, sampler: PolicySampler, prompts: PromptList): Promise<Evaluation> {
  const { config, rewards } = run;
  const rollout = await sampleAll(run, sampler, prompts.slice(0, config.evalPrompts ?? prompts.length));
  const table = await rewards.score(scoreBatch(rollout));
  const { scores, weights } = scoresByRow(table.columns, rollout.keys());
  const totals = scores.map((row) => weightedSum(row, weights));
  return {
    reward: mean(totals),
    rewards: Object.fromEntries(table.columns.map(({ name, outcomes }) => [name, mean(outcomes.map(scoreOf))])),
    failed: failedShare(table),
    clipped: rollout.filter(({ trajectory }) => trajectory.truncated).length / rollout.length,
    length: mean(rollout.map(({ trajectory }) => trainedLength(trajectory))) ?? 0,
    prompts: rollout.length / config.numGenerationsEval,
    completions: rollout,
    totals,
  };
}

/** In batches of one size, so that one compiled graph does; the last one is filled up with prompts whose answers are dropped. */
async function sampleAll(
  { config, tokenizer }: EvaluatedRun,
  sampler: PolicySampler,
  prompts: readonly EncodedPrompt[],
): Promise<Rollout> {
  const { numGenerationsEval: group, maxCompletionLength } = config;
  const perBatch = Math.min(
    prompts.length,
    Math.max(1, Math.round((config.promptsPerStep * config.numGenerations) / group)),
  );
  const rollout: Rollout = [];
  for (let start = 0; start < prompts.length; start += perBatch) {
    const batch = Array.from({ length: perBatch }, (_, i) => prompts[start + i] ?? prompts.at(-1)!);
    const completions = await sampleRollout(sampler, tokenizer, batch, maxCompletionLength, ['evaluation', start]);
    const wanted = Math.min(perBatch, prompts.length - start) * group;
    rollout.push(...completions.slice(0, wanted).map((row) => ({ ...row, group: row.group + start })));
  }
  return rollout;
}
