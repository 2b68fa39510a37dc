import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { loadRunConfig } from '../config/load-config.ts';
import { loadSamples } from '../data/samples.ts';
import type { AdvantageOptions } from '../grpo/advantages.ts';
import { refusedAt } from '../model/tokenizer/refused-at.ts';
import { promptRenderer } from '../preview/rendered-prompts.ts';
import type { RenderedSample } from '../preview/sample-scores.ts';
import { BadInput } from '../protocol/errors.ts';
import { openRewards, type RewardSet, type RewardSource } from '../rewards/open-rewards.ts';
import { fileAndFunction } from '../text/file-and-function.ts';
import { samplesPlaces } from '../text/files-by-name.ts';
import type { CommandOf } from './commands.ts';
import { printAside, warn } from './output.ts';
import { rewardWorker } from './reward-worker.ts';

/** What `grpo score` and `grpo audit` have to do. */
export interface ScoreJob {
  sources: RewardSource[];
  samples: RenderedSample[];
  /** The samples' file, for messages. */
  samplesFile: string;
  advantages: AdvantageOptions;
  timeoutSeconds: number;
  python: string | null;
  /** Environment variables that rewards get besides the usual ones. */
  rewardEnv: string[];
  /** Whether all functions that an expected total is meant for are there. */
  checkTotals: boolean;
}

/** Reads what the arguments name: a run config and its samples, or reward files as in a run whose config says nothing. */
export function readScoreJob({
  rewards,
  samples,
  env,
  python,
}: Pick<CommandOf<'score'>, 'rewards' | 'samples' | 'env'> & { python?: string | null | undefined }): ScoreJob {
  const config = rewards.find((file) => file.endsWith('.json'));
  if (config === undefined) {
    const sources = rewards.map(sourceOf);
    const missing = sources.find(({ file }) => !existsSync(file));
    if (missing) throw new BadInput(`There is no file ${missing.file}.`);
    const samplesFile = samples ?? findSamples(sources.map(({ file }) => file));
    return {
      sources,
      samples: loadSamples(samplesFile).map((sample) => ({ ...sample, rendered: null })),
      samplesFile,
      advantages: { scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' },
      timeoutSeconds: 10,
      python: python ?? null,
      rewardEnv: env,
      checkTotals: sources.every(({ name }) => name === undefined),
    };
  }
  if (rewards.length > 1)
    throw new BadInput(`${config} has its own rewards; score it alone, or list only reward files.`);
  const job = jobOfConfig(config, samples, env);
  return { ...job, python: job.python ?? python ?? null };
}

/** The job's reward functions, loaded; whoever opens them closes them. */
export const openJobRewards = ({ sources, timeoutSeconds, python, rewardEnv }: ScoreJob): Promise<RewardSet> =>
  openRewards(sources, {
    workerPath: rewardWorker,
    timeoutSeconds,
    pythonPath: python ?? undefined,
    rewardEnv,
    onOutput: printAside,
    onWarning: warn,
  });

function jobOfConfig(file: string, samples: string | undefined, env: string[]): ScoreJob {
  const { config, locate, file: absolute } = loadRunConfig(file, { for: 'scores' });
  if (config.rewards.length === 0)
    throw new BadInput('"rewards" is empty; add a reward function.', locate(['rewards']));
  const render = promptRenderer()(config.model, config.chatTemplateKwargs);
  const { rewards, rewardTimeoutSeconds: timeoutSeconds, python } = config;
  const at = samples === undefined && config.samples !== null ? locate(['samples']) : undefined;
  const samplesFile =
    samples ??
    (config.samples === null
      ? findSamples([absolute, ...rewards.map((reward) => reward.file)])
      : shown(config.samples));
  return {
    sources: rewards.map(({ file, function: name, weight }, index) => ({
      file,
      name,
      weight,
      at: locate(['rewards', index]),
    })),
    samples: loadSamples(samplesFile, at).map((sample) => {
      const rendered = refusedAt({ file: samplesFile, line: sample.line }, () => render(sample.prompt));
      return { ...sample, rendered };
    }),
    samplesFile,
    advantages: config,
    timeoutSeconds,
    python,
    rewardEnv: [...config.rewardEnv, ...env],
    checkTotals: true,
  };
}

/** `FILE`, or `FILE#function`. */
function sourceOf(text: string): RewardSource {
  const { file, function: name } = fileAndFunction(text);
  return { file, ...(name !== undefined && { name }) };
}

/** The samples of the same name as one of these files. */
function findSamples(files: string[]): string {
  const places = samplesPlaces(...files.map((file) => resolve(file)));
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return shown(found);
  throw new BadInput(
    `No samples found: neither ${shown(places[0]!)} nor ${shown(places[1]!)} exists. Write some, or choose a file with --samples.`,
  );
}

/** As seen from the working directory, as terminals and CI logs show it. */
const shown = (file: string): string => relative('.', file) || file;
