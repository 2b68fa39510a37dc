import type { HostMessage, RunHead } from '../../src/protocol/dashboard.ts';
import { changeText } from '../../src/protocol/difference-text.ts';
import type { FileDigest, RunChange, RunInputs } from '../../src/protocol/run-folder.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import { formatCount } from '../format.ts';

/** What a run without stages reads. */
type ContentKind = Exclude<keyof RunInputs, 'stages' | 'tokenizer'>;

/** One line of the comparison; a value per run, null where a run does not have it. */
export interface CompareRow {
  field: string;
  values: (string | null)[];
  /** How each value compares with the first run's, where that is not plain from it. */
  notes?: (string | null)[];
  /** The reward file that it is about: each run keeps its text. */
  source?: string;
  /** What null means; "not set" without it. */
  missing?: string;
  /** The index of the value that is best, where one is. */
  best?: number;
}

/** What only the run's folder knows, once it was asked. */
export type Contents = Pick<Extract<HostMessage, { type: 'runContents' }>, 'versions' | 'rows'>;

export interface DescribedRun {
  head: RunHead;
  contents?: Contents | undefined;
}

export const DIFFERS = 'differs';
const SAME = 'identical';
const UNKNOWN = 'not recorded';

/** What nobody can tell, for those that an earlier release trained. */
export const isRecorded = ({ rewardSources, inputs }: RunHead): boolean =>
  rewardSources !== undefined && inputs !== undefined;

/** Reward code, file by file, that differs from the first run's; with `all`, the rest too. */
export function codeRows(heads: readonly RunHead[], all = false): CompareRow[] {
  const names = new Set(heads.flatMap(({ rewardSources = [] }) => rewardSources.map(({ name }) => name)));
  return [...names].flatMap((name) => {
    const digests = heads.map(({ rewardSources }) =>
      rewardSources === undefined ? undefined : (rewardSources.find((source) => source.name === name)?.sha256 ?? null),
    );
    if (!all && !differ(digests)) return [];
    const values = digests.map((digest, i) => {
      if (digest === undefined) return UNKNOWN;
      if (digest === null) return null;
      return i === 0 ? 'recorded' : (standing(digests[0], digest) ?? 'recorded');
    });
    return [{ field: name, values, source: name, missing: 'not used' }];
  });
}

const KINDS = { dataset: 'dataset', evalDataset: 'held-out dataset', rollouts: 'rollouts', model: 'model' } as const;

/** What the runs read, by content, where it differs from the first run's; with `all`, the rest too. */
export function inputRows(runs: readonly DescribedRun[], all = false): CompareRow[] {
  return (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) => {
    const digests = runs.map(({ head: { inputs } }) => (inputs === undefined ? undefined : contentOf(inputs[kind])));
    const values = runs.map((run) => describe(run, kind));
    // Of what was not recorded, the config still says where it is.
    const unknown = digests.some((digest) => digest === undefined);
    const shown = all || differ(digests) || (unknown && differ(runs.map((run) => filesOf(run, kind).join('\n'))));
    if (!shown || values.every((value) => value === null)) return [];
    const notes = digests.map((digest, i) => {
      if (values[i] === null) return null;
      if (digest === undefined) return `content ${UNKNOWN}`;
      if (i === 0 || digest === null) return null;
      const stands = standing(digests[0], digest);
      return stands === SAME && isSampled(runs[i]!.head, kind) ? `${SAME} where hashed` : stands;
    });
    return [{ field: KINDS[kind], values, notes, missing: 'none' }];
  });
}

/** Versions of the product, the runtime and the engines, and what computed. */
export function machineRows(runs: readonly DescribedRun[], all = false): CompareRow[] {
  const names = new Set(runs.flatMap(({ contents }) => Object.keys(contents?.versions ?? {})));
  const rows = [
    { field: 'device', values: runs.map(({ head }) => head.device) },
    ...[...names].map((name) => ({
      field: name,
      values: runs.map(({ contents }) => contents?.versions[name] ?? null),
    })),
  ];
  return rows.filter(({ values }) => all || differ(values)).map((row) => ({ ...row, missing: UNKNOWN }));
}

/** What does not hold for all steps of a run, though its config says so. */
export function changeRows(heads: readonly RunHead[]): CompareRow[] {
  const values = heads.map(({ changes = [] }) => {
    const told = changes.filter(matters).map((change) => `${changeText(change)} (step ${change.step})`);
    return told.length > 0 ? told.join('; ') : null;
  });
  return values.every((value) => value === null)
    ? []
    : [{ field: 'changed during the run', values, missing: 'nothing' }];
}

/** Among what is known. */
const differ = (values: readonly (string | null | undefined)[]): boolean =>
  new Set(values.filter((value) => value !== undefined)).size > 1;

/** Only known values are called identical, and only to something. */
function standing(first: string | null | undefined, digest: string): string | null {
  if (first === undefined || first === null) return null;
  return digest === first ? SAME : DIFFERS;
}

/** Of files beyond 64 MiB not every byte is hashed. */
const isSampled = ({ inputs }: RunHead, kind: ContentKind): boolean =>
  [inputs?.[kind] ?? []].flat().some(({ covers }) => covers === 'sample');

/** By content: the same file in another place is the same. */
function contentOf(input: FileDigest | readonly FileDigest[] | null): string | null {
  if (input === null) return null;
  return 'file' in input ? input.sha256 : input.map(({ sha256 }) => sha256).join();
}

/** The names of its files; of a model that of its folder. A run of another release may lack any of them. */
function filesOf({ head: { config, inputs } }: DescribedRun, kind: ContentKind): string[] {
  if (inputs && kind !== 'model') return [inputs[kind] ?? []].flat().map(({ file }) => fileName(file));
  return kind === 'rollouts' ? [] : [config[kind] ?? []].flat().map(fileName);
}

/** `sort.train.jsonl · 2,000 rows · 3f2a91c0`: which file, how much, and the start of its hash. */
function describe(run: DescribedRun, kind: ContentKind): string | null {
  const [first, ...others] = filesOf(run, kind);
  if (first === undefined) return null;
  const digests = [run.head.inputs?.[kind] ?? []].flat();
  const rows = kind === 'dataset' || kind === 'evalDataset' ? (run.contents?.rows[kind] ?? null) : null;
  const parts = [
    others.length > 0 ? `${first} and ${others.length} more` : first,
    rows !== null && `${formatCount(rows)} rows`,
    digests.length === 1 && shortHash(digests[0]!),
  ];
  return parts.filter(Boolean).join(' · ');
}

const shortHash = ({ sha256 }: FileDigest): string => sha256.slice(0, 8);

const matters = ({ field }: RunChange): boolean =>
  /^(config|inputs|rewardSources)\./.test(field) &&
  !/^config\.(maxSteps|saveSteps|evalSteps|evalOnStart|samples)$/.test(field);
