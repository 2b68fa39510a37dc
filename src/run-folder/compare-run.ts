import { basename, join, relative, sep } from 'node:path';
import { valueText } from '../protocol/difference-text.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RunDifference } from '../protocol/run-differences.ts';
import type { FileDigest, RewardSource, RunInputs } from '../protocol/run-folder.ts';
import { digestSource } from './file-digest.ts';
import { otherTokenizers, tokenizerDifference } from './other-tokenizers.ts';
import { configChanges, type FieldChange } from './run-changes.ts';
import { sameContent } from './run-inputs.ts';

/** What may change from one session of a run to the next without a question: how long it is, what it writes, where it computes. */
export const FREE_FIELDS = [
  'maxSteps',
  'numTrainEpochs',
  'saveSteps',
  'evalSteps',
  'evalOnStart',
  'stopOn',
  'reportTo',
  'device',
  'gradientCheckpointing',
  'samples',
] as const;
export const isFree = (field: string): boolean => (FREE_FIELDS as readonly string[]).includes(field);

export interface ComparedRun {
  config: RunConfig;
  /** The config's folder: paths within it are compared from there, so that a workspace may be moved. */
  directory: string;
  /** Undefined for a run of a release that did not record them. */
  inputs?: RunInputs | undefined;
}

/** All in which today's settings are others than those recorded, except for what may change freely. */
export function compareRun(
  recorded: ComparedRun & {
    rewardSources?: readonly RewardSource[] | undefined;
    versions?: Record<string, string>;
  },
  today: ComparedRun,
): RunDifference[] {
  const fields = configChanges(recorded.config, today.config).filter((change) =>
    change.field.startsWith('stages.') ? stageDiffers(change, recorded, today) : differs(change.field, recorded, today),
  );
  const named = new Set(fields.map(({ field }) => field));
  return [
    ...fields.map(({ field, from, to }) => ({
      what: field,
      from: valueText(fromFolder(from, recorded.directory)),
      to: valueText(fromFolder(to, today.directory)),
    })),
    ...inputDifferences(recorded, today).filter(({ field }) => !named.has(field)),
    ...(today.inputs ? otherTokenizers(recorded, today.inputs) : []).map((other) =>
      tokenizerDifference(other, fromFolder(other.to.file, today.directory) as string),
    ),
    ...(recorded.rewardSources ?? []).flatMap((source) => sourceDifference(source, today.directory)),
  ].map(({ what, from, to }) => ({ what, from, to }));
}

/** Whether it is really another one: the same file in another place is not, nor is the interpreter of no Python reward. */
function differs(field: string, recorded: ComparedRun, today: ComparedRun): boolean {
  if (isFree(field)) return false;
  switch (field) {
    case 'model':
    case 'dataset':
    case 'evalDataset': {
      const [before, now] = [recorded.config[field], today.config[field]];
      if (before === null || now === null) return true;
      const places = (paths: string | string[], { directory }: ComparedRun) =>
        JSON.stringify([paths].flat().map((path) => relative(directory, path)));
      if (places(before, recorded) === places(now, today)) return false;
      return !(recorded.inputs && today.inputs && sameContent(recorded.inputs[field], today.inputs[field]));
    }
    case 'rewards':
    case 'difficulty': {
      const text = ({ config, directory }: ComparedRun) => JSON.stringify(fromFolder(config[field], directory));
      return text(recorded) !== text(today);
    }
    // Where a config leaves them open, they follow others, which say it all.
    case 'epsilonHigh':
    case 'numGenerationsEval': {
      const followed = field === 'epsilonHigh' ? 'epsilon' : 'numGenerations';
      return [recorded, today].some(({ config }) => config[field] !== config[followed]);
    }
    case 'python':
      return [recorded, today].some(({ config }) => config.rewards.some(({ file }) => file.endsWith('.py')));
    default:
      return true;
  }
}

function inputDifferences(recorded: ComparedRun, today: ComparedRun): (RunDifference & { field: string })[] {
  const [before, now] = [recorded.inputs, today.inputs];
  if (!before || !now) return [];
  return (['dataset', 'evalDataset', 'model', 'rollouts', 'stages'] as const)
    .filter((field) => !sameContent(before[field] ?? null, now[field] ?? null))
    .map((field) => {
      const [from, to] = [before[field] ?? null, now[field] ?? null];
      const changed = { field, from: null, to: null };
      if (Array.isArray(from) || Array.isArray(to))
        return { ...changed, what: `the ${field} (${otherFiles(from, recorded, to, today)})` };
      const [a, b] = [from, to];
      if (a && b && (field !== 'rollouts' || a.file === b.file))
        return { ...changed, what: `${field} ${relative(today.directory, b.file)}` };
      return { field, what: field, from: a?.file ?? 'none', to: b?.file ?? 'none' };
    });
}

type Files = FileDigest | FileDigest[] | null;

/** The files of an input that are others, or that only one of the two has. */
function otherFiles(before: Files, recorded: ComparedRun, now: Files, today: ComparedRun): string {
  const lists = [before, now].map((files) => [files ?? []].flat());
  const repeats = lists.some((files) => new Set(files.map(({ file }) => basename(file))).size < files.length);
  // The models of several stages have files of the same names.
  const name = (file: string, { directory }: ComparedRun) => (repeats ? relative(directory, file) : basename(file));
  const [a, b] = [recorded, today].map(
    (run, index) => new Map(lists[index]!.map(({ file, sha256 }) => [name(file, run), sha256])),
  );
  return [...new Set([...a!.keys(), ...b!.keys()])].filter((file) => a!.get(file) !== b!.get(file)).join(', ');
}

function sourceDifference({ name, sha256 }: RewardSource, directory: string): RunDifference[] {
  const now = digestSource(join(directory, name));
  if (now === sha256) return [];
  return [now === undefined ? { what: name, from: 'recorded', to: 'missing' } : { what: name, from: null, to: null }];
}

/** How long the last stage is may change freely, as `maxSteps` of a run without stages may. */
function stageDiffers({ field, from, to }: FieldChange, recorded: ComparedRun, today: ComparedRun): boolean {
  if (field === `stages.${recorded.config.stages!.length - 1}.maxSteps`) return false;
  const text = (value: unknown, { directory }: ComparedRun) => JSON.stringify(fromFolder(value, directory));
  return text(from, recorded) !== text(to, today);
}

/** Paths of a value as they are from a folder. */
function fromFolder(value: unknown, directory: string): unknown {
  if (Array.isArray(value)) return value.map((item) => fromFolder(item, directory));
  if (typeof value === 'string') return value.startsWith(directory + sep) ? relative(directory, value) : value;
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromFolder(inner, directory)]));
  return value;
}
