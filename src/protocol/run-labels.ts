import { dayAndTime } from '../text/start-time.ts';
import { differingParts } from './label-parts.ts';
import type { RunAbout } from './run-about.ts';
import type { FileDigest, RewardSource, RunInfo } from './run-folder.ts';

export interface LabelledRun {
  folder: string;
  info: Pick<
    RunInfo,
    'name' | 'configFile' | 'createdAt' | 'config' | 'startConfig' | 'rewardSources' | 'inputs' | 'changes'
  >;
  about: RunAbout;
}

/** More differences would be no label; more are told only where fewer do not tell two runs apart. */
const MOST_PARTS = 3;

/**
 * What each run of a workspace is called everywhere, by its folder; no two are called the same. The name that someone gave it, or else its
 * config's name and in what it differs from the oldest run of that config: `sort`, `sort · lr 1e-3 · seed 4`, `sort · rewards v2` (the
 * second version of their code), `sort · 27 Nov 14:03` when nothing differs. A label looks only at older runs and at how the run
 * started: neither later runs nor changes on the way rename it.
 */
export function runLabels(runs: readonly LabelledRun[]): Map<string, string> {
  const oldestFirst = runs.toSorted(
    (a, b) => a.info.createdAt.localeCompare(b.info.createdAt) || (a.folder < b.folder ? -1 : 1),
  );
  const labels = new Map<string, string>();
  const taken = new Set<string>();
  const call = (run: LabelledRun, candidates: string[]): void => {
    const label = candidates.find((candidate) => !taken.has(candidate)) ?? withTime(run, candidates[0]!, taken);
    labels.set(run.folder, label);
    taken.add(label);
  };
  for (const run of oldestFirst) {
    const name = givenName(run);
    if (name !== undefined) call(run, [name]);
  }
  for (const name of new Set(oldestFirst.map(({ info }) => info.name))) {
    const ofConfig = oldestFirst.filter(({ info }) => info.name === name);
    const versions = new Versions();
    for (const run of ofConfig) {
      const parts = [...differingParts(startOf(ofConfig[0]!), startOf(run)), ...versions.parts(run)];
      // The seed comes last, behind what was changed on purpose.
      parts.sort((a, b) => Number(a.startsWith('seed ')) - Number(b.startsWith('seed ')));
      if (givenName(run) !== undefined) continue;
      // Fields beyond the most are told one by one, until there is a difference.
      const lengths = [MOST_PARTS, ...parts.map((_, i) => i + 1).slice(MOST_PARTS)];
      call(
        run,
        lengths.map((length) => [name, ...parts.slice(0, length)].join(' · ')),
      );
    }
  }
  return labels;
}

const givenName = ({ about }: LabelledRun): string | undefined => about.name?.trim() || undefined;

/** To the minute, the second, or with a number. */
function withTime({ info: { createdAt } }: LabelledRun, label: string, taken: ReadonlySet<string>): string {
  const minute = `${label} · ${dayAndTime(createdAt)}`;
  const second = `${minute}:${createdAt.slice(17, 19)}`;
  for (let attempt = 2; ; attempt++) {
    const free = [minute, second, `${second} (${attempt})`].find((candidate) => !taken.has(candidate));
    if (free !== undefined) return free;
  }
}

const startOf = ({ info: { config, startConfig = config, configFile } }: LabelledRun) => ({
  config: startConfig,
  directory: configFile.replace(/[\\/][^\\/]*$/, ''),
});

/** Counts, over the runs of a config, the versions of their reward code and of the data and the model under one name. */
class Versions {
  readonly #seen = new Map<string, string[]>();

  parts(run: LabelledRun): string[] {
    const { rewardSources, inputs } = run.info;
    const sources = rewardSources && firstSources(run);
    const inputPart = (what: string, input: FileDigest | FileDigest[] | undefined) =>
      input && this.#part(what, [input].flat().map(contentOf));
    return [
      sources &&
        this.#part(
          'rewards',
          sources.map(({ name, sha256 }) => [name, sha256]),
        ),
      inputPart('data', inputs?.dataset),
      inputPart('model', inputs?.model),
    ].filter((part) => typeof part === 'string');
  }

  /** Files of other names are another config's field, which says so. */
  #part(what: string, files: [name: string, sha256: string][]): string | undefined {
    const names = JSON.stringify([what, files.map(([name]) => name).sort()]);
    const content = JSON.stringify(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const seen = this.#seen.get(names) ?? [];
    this.#seen.set(names, seen);
    if (!seen.includes(content)) seen.push(content);
    const version = seen.indexOf(content) + 1;
    return version === 1 ? undefined : `${what} v${version}`;
  }
}

const contentOf = ({ file, sha256 }: FileDigest): [string, string] => [file.replace(/^.*[\\/]/, ''), sha256];

/** As they were at step 1, where one was edited on the way. */
function firstSources({ info: { rewardSources = [], changes = [] } }: LabelledRun): RewardSource[] {
  const sources = new Map(rewardSources.map((source) => [source.name, source]));
  for (const { field, from } of changes.toReversed()) {
    const name = /^rewardSources\.(.*)$/.exec(field)?.[1];
    if (name === undefined) continue;
    if (from === null) sources.delete(name);
    else sources.set(name, from as RewardSource);
  }
  return [...sources.values()];
}
