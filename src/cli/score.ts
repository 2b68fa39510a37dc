import { mean, standardDeviation } from '../grpo/statistics.ts';
import {
  type FunctionSummary,
  groupByPrompt,
  type ScoredGroup,
  type ScoredSample,
  scoreGroups,
  summarize,
} from '../preview/sample-scores.ts';
import { openRewards, type RewardSource } from '../rewards/open-rewards.ts';
import { loadSamples } from '../trainer/samples.ts';
import type { CommandOf } from './args.ts';
import { print, printJson } from './output.ts';
import { rewardWorker } from './reward-worker.ts';
import { describeFunctions, describeGroup, describeGroups } from './score-report.ts';

/** `grpo score`: what reward functions say of sample completions. Exit status 1 when an expectation of the samples is not met. */
export async function scoreCommand({ rewards, samples: file, json }: CommandOf<'score'>): Promise<number> {
  const groups = groupByPrompt(loadSamples(file));
  const samples = groups.flat();
  const names = Object.keys(samples[0]!.columns);
  const functions = await openRewards(rewards.map(sourceOf), {
    workerPath: rewardWorker,
    // As in a run whose config does not say.
    timeoutSeconds: 10,
    onOutput: (text) => process.stderr.write(text),
  });
  try {
    const table = await functions.score({
      prompts: samples.map(({ prompt }) => prompt),
      completions: samples.map(({ completion }) => completion),
      columns: Object.fromEntries(names.map((name) => [name, samples.map(({ columns }) => columns[name])])),
    });
    const scored = scoreGroups(groups, table.columns, {
      scaleRewards: 'group',
      multiObjectiveAggregation: 'sum_then_normalize',
      baseline: 'group',
      checkTotals: !rewards.some((source) => source.includes('#')),
    });
    const summaries = table.columns.map((column) => ({ ...summarize(column), seconds: column.seconds }));
    if (json) showJson(scored, summaries);
    else {
      for (const [index, group] of scored.entries()) print(describeGroup(group, index));
      print(`${describeFunctions(summaries)}\n\n${describeGroups(scored)}`);
    }
    return scored.some(({ rows }) => rows.some(({ mismatches }) => mismatches.length > 0)) ? 1 : 0;
  } finally {
    await functions.close();
  }
}

/** `FILE`, or `FILE#function`. */
function sourceOf(text: string): RewardSource {
  const hash = text.lastIndexOf('#');
  return hash < 0 ? { file: text } : { file: text.slice(0, hash), name: text.slice(hash + 1) };
}

/** One line per sample, in the order of the file, then the summary. */
function showJson(groups: ScoredGroup[], functions: (FunctionSummary & { seconds: number })[]): void {
  const rows = groups.flatMap((group, index) => group.rows.map((row) => rowJson(row, index)));
  for (const row of rows.sort((a, b) => a.line - b.line)) printJson(row);
  const rewards = groups.flatMap(({ rows }) => rows.map(({ reward }) => reward));
  printJson({
    type: 'summary',
    reward: mean(rewards),
    reward_std: standardDeviation(rewards),
    functions,
    groups: groups.map(({ rows, mean: average, std, signal }) => ({
      prompt: rows[0]!.sample.prompt,
      size: rows.length,
      mean: average,
      std,
      signal,
    })),
    mismatches: groups.flatMap(({ rows }) => rows.flatMap(({ mismatches }) => mismatches)).length,
  });
}

function rowJson({ sample, outcomes, reward, advantage, mismatches }: ScoredSample, group: number) {
  const entries = Object.entries(outcomes);
  return {
    type: 'row',
    line: sample.line,
    group,
    prompt: sample.prompt,
    completion: sample.completion,
    rewards: Object.fromEntries(
      entries.map(([name, outcome]) => [name, outcome.kind === 'score' ? outcome.score : null]),
    ),
    reward,
    advantage,
    /** In full: reasons and extracted answers, and failures with their place. */
    outcomes,
    mismatches,
  };
}
