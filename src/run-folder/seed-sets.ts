import type { RunChange } from '../protocol/run-folder.ts';
import type { Run } from './read-run.ts';

type SeededRun = Pick<Run, 'folder' | 'info'>;

/** What a config may say differently without training differently. */
const BESIDES = new Set(['seed', 'saveSteps', 'samples']);
/** What they read is compared by content. */
const READ = new Set(['model', 'dataset', 'evalDataset']);
/** Changes that leave the steps so far as they are. */
const HARMLESS = /^(device|config\.(maxSteps|numTrainEpochs|saveSteps|samples))$/;

/**
 * Runs that differ in nothing but their seed: the same config, reward code and inputs. Each set has at least two seeds, and each seed once:
 * the run that came furthest. Runs that do not say what they read, or that changed on the way, are in none.
 */
export function seedSets(runs: readonly SeededRun[]): string[][] {
  const families = new Map<string, Map<number, SeededRun>>();
  for (const run of runs) {
    const family = familyOf(run);
    if (family === undefined) continue;
    const seeds = families.get(family) ?? new Map<number, SeededRun>();
    families.set(family, seeds);
    const other = seeds.get(run.info.seed);
    if (!other || run.info.step > other.info.step) seeds.set(run.info.seed, run);
  }
  return [...families.values()]
    .filter((seeds) => seeds.size > 1)
    .map((seeds) => [...seeds].sort(([a], [b]) => a - b).map(([, { folder }]) => folder));
}

/** The same for all runs that only differ in seed; undefined where that is not known. */
function familyOf({ info: { config, inputs, rewardSources, changes = [] } }: SeededRun): string | undefined {
  if (!inputs || !rewardSources || changes.some(matters)) return undefined;
  const settings = Object.entries(config).filter(([field]) => !BESIDES.has(field) && !READ.has(field));
  const digests = Object.values(inputs).map((input) => [input ?? []].flat().map(({ sha256 }) => sha256));
  const code = rewardSources.map(({ name, sha256 }) => `${name} ${sha256}`).sort();
  return JSON.stringify([settings.sort(([a], [b]) => (a < b ? -1 : 1)), digests, code]);
}

const matters = ({ field }: RunChange): boolean => !HARMLESS.test(field);
