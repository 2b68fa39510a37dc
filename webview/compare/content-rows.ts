import type { RunHead } from '../../src/protocol/dashboard.ts';
import { changeText } from '../../src/protocol/difference-text.ts';
import type { FileDigest, RunChange } from '../../src/protocol/run-folder.ts';

/** One line of the comparison; a value per run, null where a run does not have it. */
export interface CompareRow {
  field: string;
  values: (string | null)[];
  /** The reward file that it is about: each run keeps its text. */
  source?: string;
}

export const DIFFERS = 'differs';
const SAME = 'identical';
const UNKNOWN = 'not recorded';

/** In what else than their configs runs differ from the first: the code of rewards, the content of what they read, and what changed on the way. */
export function contentRows(heads: readonly RunHead[]): CompareRow[] {
  return [...sourceRows(heads), ...inputRows(heads), ...changeRows(heads)];
}

/** What nobody can tell, for those that an earlier release trained. */
export const isRecorded = (head: RunHead): boolean => head.rewardSources !== undefined && head.inputs !== undefined;

function sourceRows(heads: readonly RunHead[]): CompareRow[] {
  const names = new Set(heads.flatMap(({ rewardSources = [] }) => rewardSources.map(({ name }) => name)));
  return [...names].flatMap((name) => {
    const digests = heads.map(({ rewardSources }) =>
      rewardSources === undefined ? undefined : (rewardSources.find((source) => source.name === name)?.sha256 ?? null),
    );
    return compared(`reward code: ${name}`, digests).map((row) => ({ ...row, source: name }));
  });
}

function inputRows(heads: readonly RunHead[]): CompareRow[] {
  const kinds = {
    dataset: 'dataset content',
    evalDataset: 'evalDataset content',
    rollouts: 'rollouts',
    model: 'model files',
  };
  return (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((kind) =>
    compared(
      kinds[kind],
      heads.map(({ inputs }) => (inputs === undefined ? undefined : contentOf(inputs[kind]))),
    ),
  );
}

/** Nothing where all that is known is the same. */
function compared(field: string, digests: readonly (string | null | undefined)[]): CompareRow[] {
  if (new Set(digests.filter((digest) => digest !== undefined)).size < 2) return [];
  const [first] = digests;
  const values = digests.map((digest, i) => {
    if (digest === undefined) return UNKNOWN;
    if (digest === null) return null;
    return i === 0 || first === undefined || first === null ? 'recorded' : digest === first ? SAME : DIFFERS;
  });
  return [{ field, values }];
}

/** By content: the same file in another place is the same. */
function contentOf(input: FileDigest | readonly FileDigest[] | null): string | null {
  if (input === null) return null;
  return 'file' in input ? input.sha256 : input.map(({ sha256 }) => sha256).join();
}

/** What does not hold for all steps of a run, though its config says so. */
function changeRows(heads: readonly RunHead[]): CompareRow[] {
  const values = heads.map(({ changes = [] }) => {
    const told = changes.filter(matters).map((change) => `${changeText(change)} (step ${change.step})`);
    return told.length > 0 ? told.join('; ') : null;
  });
  return values.every((value) => value === null) ? [] : [{ field: 'changed during the run', values }];
}

const matters = ({ field }: RunChange): boolean =>
  /^(config|inputs|rewardSources)\./.test(field) &&
  !/^config\.(maxSteps|saveSteps|evalSteps|evalOnStart|samples)$/.test(field);
