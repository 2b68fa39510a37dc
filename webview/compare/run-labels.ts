import { fileName } from '../../src/text/files-by-name.ts';
import { formatTime } from '../format.ts';
import { configDifferences } from './config-diff.ts';

export interface LabelledRun {
  folder: string;
  name: string;
  createdAt: string;
  /** Known of the runs that are shown. */
  config?: object;
}

/** More of them would be no label. */
const MOST_FIELDS = 2;

/**
 * What each run is called among others, by its folder: its name; of runs of one name also in what their configs differ, if that tells them
 * apart in a few words, or else when they started.
 */
export function runLabels(runs: readonly LabelledRun[]): Map<string, string> {
  const times = runTimes(runs);
  return byName(runs, (alike) => {
    if (alike.length === 1) return [alike[0]!.name];
    const suffixes = whatDiffers(alike) ?? alike.map(({ folder }) => times.get(folder)!);
    return suffixes.map((suffix) => `${alike[0]!.name} · ${suffix}`);
  });
}

/** When each run started, by its folder; as exactly as it takes to tell it from others of its name. */
export const runTimes = (runs: readonly LabelledRun[]): Map<string, string> => byName(runs, startTimes);

function byName(runs: readonly LabelledRun[], textsOf: (alike: LabelledRun[]) => string[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const name of new Set(runs.map((run) => run.name))) {
    const alike = runs.filter((run) => run.name === name);
    for (const [i, text] of textsOf(alike).entries()) texts.set(alike[i]!.folder, text);
  }
  return texts;
}

function whatDiffers(runs: readonly LabelledRun[]): string[] | undefined {
  const configs = runs.flatMap(({ config }) => config ?? []);
  if (configs.length < runs.length) return undefined;
  const fields = configDifferences(configs);
  const told = runs.map((_, i) => fields.map(({ field, values }) => `${field} ${values[i] ?? 'not set'}`).join(', '));
  return fields.length <= MOST_FIELDS && areDistinct(told) ? told : undefined;
}

/** To the minute, the second, or with the end of the folder's name, which no two runs share. */
function startTimes(runs: readonly LabelledRun[]): string[] {
  const minutes = runs.map(({ createdAt }) => formatTime(createdAt));
  const seconds = runs.map(({ createdAt }, i) => `${minutes[i]}:${createdAt.slice(17, 19)}`);
  const folders = runs.map(({ folder }) => fileName(folder));
  return [minutes, seconds].find(areDistinct) ?? folders;
}

const areDistinct = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;
