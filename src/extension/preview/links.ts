import { dirname } from 'node:path';
import { filesBeside, samplesPlaces, stemOf } from '../../protocol/files-by-name.ts';
import type { PreviewRequest } from '../../protocol/preview.ts';
import { type ConfigLinks, DEFAULT_SETTINGS } from './config-links.ts';

/** What is previewed together: a run config's rewards, or those of one reward file, and their samples. Paths are absolute. */
export interface Subject extends Pick<PreviewRequest, 'rewards' | 'dataset' | 'model' | 'settings'> {
  /** The run config, or the reward file where no config names it. */
  id: string;
  /** The run config, if there is one. */
  config: string | null;
  /** Null when there are none yet. */
  samples: string | null;
  /** Where samples are, or would be looked for first. */
  samplesPlace: string;
}

export const CONFIG = /\.grpo\.json$/;
export const SAMPLES = /\.samples\.jsonl$/;
export const REWARD = /\.reward\.[cm]?[jt]s$/;
export const PYTHON = /\.py$/;

const REWARD_ENDINGS = ['.reward.ts', '.reward.js', '.reward.mjs', '.py'];

/**
 * What a file can be previewed with, the likeliest first: the run configs that name it (`recent` ones, then those of its name), else
 * the reward file by itself. Empty when it has nothing to do with rewards.
 */
export function subjectsOf(
  file: string,
  configs: readonly ConfigLinks[],
  exists: (file: string) => boolean,
  recent: readonly string[] = [],
): Subject[] {
  const named = configs
    .map((config) => configSubject(config, exists))
    .filter(({ id, rewards, samples }) => id === file || samples === file || rewards.some((r) => r.file === file));
  if (named.length > 0) return named.sort(byUse(file, recent));
  if (SAMPLES.test(file)) {
    const reward = filesBeside(file, 'rewards', REWARD_ENDINGS).find(exists);
    return reward === undefined ? [] : [fileSubject(reward, exists)];
  }
  if (REWARD.test(file)) return [fileSubject(file, exists)];
  if (!PYTHON.test(file)) return [];
  // Python files are of all kinds: without a config that names it, samples tell which one holds rewards.
  const subject = fileSubject(file, exists);
  return subject.samples === null ? [] : [subject];
}

function configSubject({ file, samples, ...config }: ConfigLinks, exists: (file: string) => boolean): Subject {
  const { rewards, dataset, model, settings } = config;
  const places = samplesPlaces(file, ...rewards.map((reward) => reward.file));
  const found = samples ?? places.find(exists) ?? null;
  return {
    ...{ id: file, config: file, rewards, dataset, model, settings },
    samples: found !== null && exists(found) ? found : null,
    samplesPlace: found ?? places[0]!,
  };
}

function fileSubject(file: string, exists: (file: string) => boolean): Subject {
  const places = samplesPlaces(file);
  const samples = places.find(exists) ?? null;
  const rewards = [{ file, weight: 1 }];
  const settings = DEFAULT_SETTINGS;
  return {
    ...{ id: file, config: null, rewards, dataset: null, model: null, settings, samples },
    samplesPlace: samples ?? (/[\\/]rewards$/.test(dirname(file)) ? places.at(-1)! : places[0]!),
  };
}

const byUse = (file: string, recent: readonly string[]) => {
  const rank = (id: string): number => {
    if (id === file) return -1;
    const used = recent.indexOf(id);
    return used >= 0 ? used : recent.length + (stemOf(id) === stemOf(file) ? 0 : 1);
  };
  return (a: Subject, b: Subject): number => rank(a.id) - rank(b.id) || (a.id < b.id ? -1 : 1);
};
