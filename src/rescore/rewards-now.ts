import { dirname } from 'node:path';
import { loadRunConfig } from '../config/load-config.ts';
import { type RunStage, stagesOf } from '../config/run-stages.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { RescoreStart } from '../protocol/rescore.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunInfo } from '../protocol/run-folder.ts';
import { samples, spanAt, stageSpans } from '../protocol/stage-spans.ts';
import { openRewards, type RewardFunction, type RewardSet } from '../rewards/open-rewards.ts';

export interface RewardsNowOptions {
  /** The bundled reward worker. */
  rewardWorker: string;
  /** The Python interpreter where the config names none. */
  python?: string | undefined;
  /** Gets what reward functions print. */
  onOutput: (text: string) => void;
  /** Hears of them what is wrong though no completion has failed of it. */
  onWarning: (message: string) => void;
}

export interface ConfigNow extends Pick<RescoreStart['config'], 'used' | 'why'> {
  config: RunConfig;
  /** Its stages: each may have rewards and advantages of its own. */
  stages: RunStage[];
  /** Where a reward of a stage is named. */
  at: (stage: RunStage, index: number) => SourceLocation | undefined;
}

/** The run's config file as it is now; what `run.json` keeps of it when the file is gone or cannot be used. */
export function configNow(info: RunInfo): ConfigNow {
  try {
    const loaded = loadRunConfig(info.configFile, { for: 'scores' });
    return {
      ...{ config: loaded.config, stages: stagesOf(loaded), used: 'current', why: null },
      at: ({ loaded: { locate } }, index) => locate(['rewards', index]),
    };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    const { config, configFile: file, name } = info;
    const stages = stagesOf({ config, file, directory: dirname(file), name, locate: () => ({ file }) });
    return { config, stages, used: 'recorded', why: error.message, at: () => undefined };
  }
}

/** What a step is scored with now. */
interface StepRewards {
  config: RunConfig;
  rewards: RewardSet;
}

/** The rewards of all stages of a run, in their workers. */
export class RewardsNow {
  readonly #stages: (StepRewards | undefined)[];
  readonly #sets: readonly RewardSet[];

  private constructor(stages: (StepRewards | undefined)[], sets: readonly RewardSet[]) {
    this.#stages = stages;
    this.#sets = sets;
  }

  /** Throws BadInput for rewards that do not load. Stages with the same rewards share their workers. */
  static async open({ stages, at }: ConfigNow, options: RewardsNowOptions): Promise<RewardsNow> {
    const sets = new Map<string, RewardSet>();
    const opened: (StepRewards | undefined)[] = [];
    try {
      for (const stage of stages) {
        const { config } = stage.loaded;
        const key = JSON.stringify(config.rewards);
        if (samples(stage.kind) && !sets.has(key))
          sets.set(key, await openNow(config, (index) => at(stage, index), options));
        const rewards = sets.get(key);
        opened.push(samples(stage.kind) && rewards ? { config, rewards } : undefined);
      }
    } catch (error) {
      await Promise.all([...sets.values()].map((set) => set.close()));
      throw error;
    }
    return new RewardsNow(opened, [...sets.values()]);
  }

  /** Of all stages, each once. */
  get functions(): RewardFunction[] {
    const all = this.#sets.flatMap(({ functions }) => functions);
    return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
  }

  /** Of the stage that a step of the run was in. A stage that the config no longer has is scored as the last one. */
  of(info: RunInfo, step: number): StepRewards {
    const { number } = spanAt(stageSpans(info.config), step) ?? { number: 1 };
    return this.#stages[number - 1] ?? this.#stages.findLast((stage) => stage !== undefined)!;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sets.map((set) => set.close()));
  }
}

async function openNow(
  config: RunConfig,
  at: (index: number) => SourceLocation | undefined,
  options: RewardsNowOptions,
): Promise<RewardSet> {
  if (config.rewards.length === 0) throw new BadInput('"rewards" is empty; add a reward function.', at(0));
  const sources = config.rewards.map(({ file, function: name, weight }, index) => ({
    ...{ file, name, weight },
    at: at(index),
  }));
  return openRewards(sources, {
    workerPath: options.rewardWorker,
    timeoutSeconds: config.rewardTimeoutSeconds,
    pythonPath: config.python ?? options.python,
    rewardEnv: config.rewardEnv,
    onOutput: options.onOutput,
    onWarning: options.onWarning,
  });
}
