import { relative } from 'node:path';
import type { LoadedConfig } from '../config/load-config.ts';
import { type DifficultySettings, type MeasuredPrompt, promptKey } from '../data/difficulty.ts';
import type { EncodedPrompt } from '../data/prompts.ts';
import { weightedSum } from '../grpo/advantages.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { computeCopies } from '../model/network/half-weights.ts';
import { RunFailure } from '../protocol/errors.ts';
import { scoresByRow } from '../rewards/score-table.ts';
import { LocalSampler } from '../trainer/policy/local-sampler.ts';
import { type PreparedRun, prepareRun } from '../trainer/prepare.ts';
import { quantizationInTraining } from '../trainer/quantization.ts';
import { sampleRollout, scoreBatch } from '../trainer/rollout.ts';
import type { RewardHost } from '../trainer/run-rewards.ts';

/** Characters of a prompt that are kept for people. */
const SHOWN = 80;
/** The threshold where no completion earned anything: what most rewards give for success. */
const NOTHING_EARNED = 1;
/** Rewards this close are the same. */
const TOLERANCE = 1e-9;

/** What the solve rates of a config depend on, besides the dataset. */
export function difficultySettings({ config, directory }: LoadedConfig, n: number): DifficultySettings {
  const { seed, temperature, topP, topK, minP, minCompletionLength, maxCompletionLength, rewards } = config;
  return {
    n,
    model: relative(directory, config.model),
    ...{ seed, temperature, topP, topK, minP, minCompletionLength, maxCompletionLength },
    rewards: rewards.map(({ file, ...reward }) => ({ file: relative(directory, file), ...reward })),
  };
}

/** The field in which two settings differ first, if they do. */
export const differingSetting = (a: DifficultySettings, b: DifficultySettings): string | undefined =>
  Object.keys({ ...a, ...b }).find((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));

export interface DifficultyOptions extends RewardHost {
  n: number;
  /** Keys of prompts that are measured already. */
  known: ReadonlySet<string>;
  onLoad: (share: number) => void;
}

/** Prompts that were measured together; first of all none. */
export interface MeasuredBatch {
  prompts: MeasuredPrompt[];
  /** Those of all training prompts, in their order. */
  keys: readonly string[];
}

/** Samples `n` completions of the start model for each training prompt that is not known yet, a batch at a time, and scores them. */
export async function* measureDifficulty(
  loaded: LoadedConfig,
  options: DifficultyOptions,
): AsyncGenerator<MeasuredBatch> {
  const { quantization = null } = quantizationInTraining(loaded.config, readModelConfig(loaded.config.model));
  const config = { ...loaded.config, difficulty: null, curriculum: null, lora: null, quantization };
  const run = await prepareRun({ ...loaded, config }, { ...options, onlySamples: true });
  try {
    const keys = Array.from({ length: run.prompts.length }, (_, index) => promptKey(run.prompts.row(index)));
    const left = [...keys.keys()].filter((index) => !options.known.has(keys[index]!));
    yield { prompts: [], keys };
    const promptsAt = (indices: number[]) => indices.map((index) => run.prompts.at(index));
    const weights = await computeCopies(run.engine, run.model, run.weights);
    const sampler = new LocalSampler(run, options.n, config.seed, async () => weights);
    const perBatch = Math.max(1, Math.floor((config.promptsPerStep * config.numGenerations) / options.n));
    for (let start = 0; start < left.length; start += perBatch)
      yield { prompts: await measure(run, sampler, promptsAt(left.slice(start, start + perBatch)), options.n), keys };
  } finally {
    await run.rewards.close();
  }
}

async function measure(
  run: PreparedRun,
  sampler: LocalSampler,
  prompts: readonly EncodedPrompt[],
  n: number,
): Promise<MeasuredPrompt[]> {
  const keys = prompts.map(promptKey);
  // Which prompts were measured before must not matter: the draws are the first prompt's.
  const rollout = await sampleRollout(sampler, run.tokenizer, prompts, run.config.maxCompletionLength, [
    'difficulty',
    keys[0]!,
  ]);
  const table = await run.rewards.score(scoreBatch(rollout));
  const { scores, weights } = scoresByRow(table.columns, rollout.keys());
  return prompts.map((prompt, index) => ({
    key: keys[index]!,
    prompt: (prompt.text ?? JSON.stringify(prompt.prompt)).slice(-SHOWN),
    rewards: scores.slice(index * n, (index + 1) * n).map((row) => weightedSum(row, weights)),
  }));
}

/**
 * With each prompt's solve rate: the share of its completions whose reward is `solvedAt` or more. Without a threshold it is the highest
 * reward of all completions; where all of them got the same and that is 0 or less, none is solved. Throws RunFailure where none
 * has a reward.
 */
export function withSolveRates(
  prompts: readonly MeasuredPrompt[],
  solvedAt?: number,
): { solvedAt: number; prompts: (MeasuredPrompt & { solve_rate: number })[] } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { rewards } of prompts)
    for (const reward of rewards)
      if (reward !== null) [least, most] = [Math.min(least, reward), Math.max(most, reward)];
  if (least > most) throw new RunFailure('No completion has a reward, so there are no solve rates.');
  const threshold = solvedAt ?? (least === most && most <= 0 ? NOTHING_EARNED : most);
  return {
    solvedAt: threshold,
    prompts: prompts.map((prompt) => {
      const solved = prompt.rewards.filter((reward) => reward !== null && reward >= threshold - TOLERANCE).length;
      return { ...prompt, solve_rate: solved / prompt.rewards.length };
    }),
  };
}
