import { dirname } from 'node:path';
import type { PreviewRequest } from '../../protocol/preview.ts';
import { filesBeside, samplesPlaces, stemOf } from '../../text/files-by-name.ts';
import { type ConfigLinks, DEFAULT_SETTINGS } from './config-links.ts';
import { isExcluded } from './excluded.ts';

/** What is previewed together: a run config's rewards, or those of one reward file, and their samples. Paths are absolute. */
export interface Subject extends Pick<PreviewRequest, 'rewards' | 'dataset' | 'model' | 'settings'> {
  /** The run config, or the reward file that is looked at alone. */
  id: string;
  /** The run config; null for a reward file alone, whose functions all count, with weights of 1. */
  config: string | null;
  /** Null when there are none yet. */
  samples: string | null;
  /** Where samples are, or would be looked for first. */
  samplesPlace: string;
}

export const CONFIG = /\.grpo\.json$/;
export const SAMPLES = /\.samples\.jsonl$/;
const REWARD = /\.reward\.[cm]?[jt]s$/;
export const PYTHON = /\.py$/;

export const usesPython = ({ rewards }: Pick<Subject, 'rewards'>): boolean =>
  rewards.some(({ file }) => PYTHON.test(file));

/** Whether a reward function may be made of it, or read it. */
export const mayBeRead = (file: string): boolean => /\.([mc]?[jt]s|[jt]sx|jsonl?|py)$/.test(file) && !isExcluded(file);

const REWARD_ENDINGS = ['.reward.ts', '.reward.js', '.reward.mjs', '.py'];

/**
 * What a file can be previewed with, the likeliest first: `recent` ones, then the run config of its name, the reward file alone and other
 * configs that name it. Alone counts where no config names the file, or none of them has the samples of the file's name: those were
 * written for this reward. Alone, without samples of its own, a reward file is tried on those of a run config beside it. Empty when it has nothing to do with rewards.
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
  if (SAMPLES.test(file)) {
    const reward = filesBeside(file, 'rewards', REWARD_ENDINGS).find(exists);
    if (named.length > 0 || reward === undefined) return named.sort(byUse(file, recent));
    const [user] = subjectsOf(reward, configs, exists, recent).filter(({ config }) => config !== null);
    return [fileSubject(reward, exists, user)];
  }
  const [user] = named.sort(byUse(file, recent));
  if (!REWARD.test(file) && !PYTHON.test(file)) return named;
  const alone = fileSubject(
    file,
    exists,
    user,
    REWARD.test(file) ? neighbor(file, configs, exists, recent) : undefined,
  );
  const wanted = user
    ? alone.samples !== null && named.every(({ samples }) => samples !== alone.samples)
    : // Python files are of all kinds: without a config that names it, samples tell which one holds rewards.
      REWARD.test(file) || alone.samples !== null;
  return wanted ? [...named, alone].sort(byUse(file, recent)) : named;
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

/** The run config next to a reward file, or above its folder, that has samples: they serve for a reward that has just been written, too. */
function neighbor(
  file: string,
  configs: readonly ConfigLinks[],
  exists: (file: string) => boolean,
  recent: readonly string[],
): Subject | undefined {
  const folders = [dirname(file), dirname(dirname(file))];
  return configs
    .filter((config) => folders.includes(dirname(config.file)))
    .map((config) => configSubject(config, exists))
    .filter(({ samples }) => samples !== null)
    .sort(byUse(file, recent))[0];
}

/** A reward file alone, with the dataset, the model and the settings of a config that uses it, if one does; without samples of its own those of `lender`. */
function fileSubject(
  file: string,
  exists: (file: string) => boolean,
  user: Subject | undefined,
  lender?: Subject,
): Subject {
  const places = samplesPlaces(file);
  const own = places.find(exists);
  const samples = own ?? (user ? null : (lender?.samples ?? null));
  const rewards = [{ file, weight: 1 }];
  const settingsOf = user ?? (own === undefined ? lender : undefined);
  const { dataset, model, settings } = settingsOf ?? { dataset: null, model: null, settings: DEFAULT_SETTINGS };
  return {
    ...{ id: file, config: null, rewards, dataset, model, settings, samples },
    samplesPlace: samples ?? (/[\\/]rewards$/.test(dirname(file)) ? places.at(-1)! : places[0]!),
  };
}

const byUse = (file: string, recent: readonly string[]) => {
  const rank = ({ id, config }: Subject): number => {
    if (config === file) return -1;
    const used = recent.indexOf(id);
    if (used >= 0) return used;
    return recent.length + (config === null ? 1 : stemOf(id) === stemOf(file) ? 0 : 2);
  };
  return (a: Subject, b: Subject): number => rank(a) - rank(b) || (a.id < b.id ? -1 : 1);
};
