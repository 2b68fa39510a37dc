import { resolve } from 'node:path';
import { mean } from '../grpo/statistics.ts';
import type { RenderPrompt } from '../preview/rendered-prompts.ts';
import { BadInput } from '../protocol/errors.ts';
import { lengthRewardsOf } from '../protocol/length-config.ts';
import type { RescoreStart, RescoreStep, RescoreSummary } from '../protocol/rescore.ts';
import type { RewardColumn, RewardOutcome, ScoreBatch, ScoreTable } from '../protocol/rewards.ts';
import type { RolloutRow } from '../protocol/run-folder.ts';
import { settingAt } from '../protocol/step-settings.ts';
import { sumOfTotals } from '../rewards/totals.ts';
import { readRollouts, recordedSteps } from '../run-folder/rollouts.ts';
import { readRunInfo } from '../run-folder/run-info.ts';
import { own } from '../text/own.ts';
import { compareStep, type RecordedGroups, recordedGroups, used } from './compare-step.ts';
import { recordedRenderer } from './recorded-prompts.ts';
import { configNow, RewardsNow, type RewardsNowOptions } from './rewards-now.ts';

export interface RescoreOptions extends RewardsNowOptions {
  /** The run folder. */
  run: string;
  /** Undefined: all that were recorded. */
  steps?: { from: number; to: number } | undefined;
  newestFirst: boolean;
}

/** Hears the results, step by step; `recorded` are the rows of the step's rollouts file. */
export interface RescoreListener {
  start(event: RescoreStart): void;
  step(event: RescoreStep, recorded: readonly RolloutRow[]): void;
}

/**
 * Scores the recorded completions of a run again, with the rewards of its config as they are now; nothing is generated or written. One
 * step at a time is in memory, and the run may continue meanwhile. Throws BadInput for a folder without rollouts and for rewards that do
 * not load.
 */
export async function rescoreRun(options: RescoreOptions, listener: RescoreListener): Promise<RescoreSummary> {
  const run = resolve(options.run);
  const info = readRunInfo(run);
  const steps = stepsToScore(run, options.steps);
  if (options.newestFirst) steps.reverse();
  const now = configNow(info);
  const { config, used, why } = now;
  const rewards = await RewardsNow.open(now, options);
  try {
    listener.start({
      type: 'start',
      run,
      name: info.name,
      config: { file: info.configFile, used, why },
      functions: rewards.functions.map(({ name, file, weight }) => ({
        ...{ name, file, weight },
        was: info.rewards?.find((known) => known.name === name)?.weight ?? null,
      })),
      steps,
    });
    const total = new Total();
    const render = recordedRenderer(info, config, options.onWarning);
    for (const step of steps) {
      const rows = readRollouts(run, step);
      // The run was taken back to an earlier step meanwhile.
      if (!rows) continue;
      const recorded = recordedGroups(rows, settingAt(info, 'generations', step));
      const trainerState = { globalStep: step - 1, maxSteps: config.maxSteps };
      const stage = rewards.of(info, step);
      const scored = await stage.rewards.score({ ...batchOf(recorded, render), trainerState });
      const table = withLengthRewards(scored, recorded, lengthRewardsOf(info.config));
      const comparison = compareStep(step, recorded, table, stage.config);
      total.add(comparison);
      listener.step(comparison, rows);
    }
    return total.summary;
  } finally {
    await rewards.close();
  }
}

/** Built-in rewards follow from lengths and from the step: they are what they were. */
function withLengthRewards(table: ScoreTable, { rows }: RecordedGroups, names: readonly string[]): ScoreTable {
  const columns = names.map((name): RewardColumn => {
    const outcomes = rows.map(({ row }): RewardOutcome => {
      const score = own(row.rewards, name) ?? null;
      return score === null ? { kind: 'abstain' } : { kind: 'score', score };
    });
    return { name, weight: 1, seconds: 0, outcomes };
  });
  return { ...table, columns: [...table.columns, ...columns] };
}

function stepsToScore(run: string, range: RescoreOptions['steps']): number[] {
  const steps = recordedSteps(run);
  const { from, to } = range ?? { from: 0, to: Number.POSITIVE_INFINITY };
  const wanted = steps.filter((step) => step >= from && step <= to);
  if (wanted.length > 0) return wanted;
  const asked = from === to ? `step ${from}` : `steps ${from} to ${to}`;
  throw new BadInput(`The run has recorded steps from ${steps[0]} to ${steps.at(-1)}, but not ${asked}.`);
}

/** The completions as reward functions got them when they were recorded. */
function batchOf({ rows }: RecordedGroups, render: RenderPrompt): ScoreBatch {
  const names = Object.keys(rows[0]?.row.columns ?? {});
  const rendered = rows.map(({ row: { prompt } }) => render(prompt));
  return {
    prompts: rows.map(({ row }) => row.prompt),
    ...(!rendered.includes(null) && { renderedPrompts: rendered as string[] }),
    completions: rows.map(({ row }) => row.completion),
    completionIds: rows.map(({ row }) => row.completion_ids),
    columns: Object.fromEntries(names.map((name) => [name, rows.map(({ row }) => own(row.columns, name) ?? null)])),
  };
}

/** Adds steps up; of each only a few numbers are kept. */
class Total {
  readonly #means: RescoreStep['reward'][] = [];
  #totals: Record<string, number> = {};
  readonly #counts = { completions: 0, changed: 0, flips: 0, failed: 0, left_out: 0, groups: 0, gained: 0, lost: 0 };

  add(step: RescoreStep): void {
    this.#means.push(step.reward);
    this.#totals = sumOfTotals([this.#totals, step.totals]);
    for (const name of ['completions', 'changed', 'flips', 'failed', 'left_out'] as const)
      this.#counts[name] += step[name];
    for (const name of ['groups', 'gained', 'lost'] as const) this.#counts[name] += step[name].length;
  }

  /** Steps count alike, as in the curve of a run's reward. */
  get summary(): RescoreSummary {
    const reward = { old: mean(this.#means.map((step) => step.old)), new: mean(this.#means.map((step) => step.new)) };
    return { type: 'summary', steps: this.#means.length, reward, ...this.#counts, ...used(this.#totals) };
  }
}
