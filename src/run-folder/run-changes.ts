import { type RunConfig, runConfigSchema } from '../protocol/run-config.ts';
import type { RewardSource, RunChange, RunInfo, RunInputs } from '../protocol/run-folder.ts';
import { otherTokenizers, tokenizersBefore } from './other-tokenizers.ts';
import { sameContent } from './run-inputs.ts';

/** What a run's steps depend on: the part of `run.json` whose history is kept. */
export type RunRecord = Pick<RunInfo, 'configFile' | 'config' | 'device' | 'versions' | 'inputs' | 'rewardSources'>;

/** A config as recorded, with the defaults of fields that its release did not have; as it is where this release does not know it. */
export function recordedConfig({ config }: Pick<RunRecord, 'config'>): RunConfig {
  const parsed = runConfigSchema.safeParse(config);
  return parsed.success ? parsed.data : config;
}

/**
 * What `now` changes about a recorded run from `step` on. What an earlier release did not record is not known to have changed.
 */
export function recordChanges(before: RunRecord, now: Partial<RunRecord>, step: number): RunChange[] {
  const at = new Date().toISOString();
  const change = ({ field, from, to }: FieldChange): RunChange => ({ step, at, field, from, to });
  return [
    ...(now.configFile === undefined
      ? []
      : fieldChanges('', { configFile: before.configFile }, { configFile: now.configFile })),
    ...(now.config === undefined ? [] : configChanges(recordedConfig(before), now.config).map(under('config'))),
    ...(now.device === undefined || before.device === null
      ? []
      : fieldChanges('', { device: before.device }, { device: now.device })),
    ...(now.versions === undefined ? [] : fieldChanges('versions.', before.versions, now.versions)),
    ...(now.inputs && before.inputs ? inputChanges(before.inputs, now.inputs) : []),
    ...(now.inputs ? tokenizerChanges(before, now.inputs) : []),
    ...(now.rewardSources && before.rewardSources ? sourceChanges(before.rewardSources, now.rewardSources) : []),
  ].map(change);
}

export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

/** Fields in which two resolved configs differ; LoRA's and those of stages one by one. A field that only one has is null in the other. */
export const configChanges = (before: RunConfig, now: RunConfig): FieldChange[] =>
  fieldChanges('', before, now).flatMap((change) => {
    const { field, from, to } = change;
    if (field === 'stages') return stageChanges(before, now) ?? [change];
    return field === 'lora' && from && to ? fieldChanges('lora.', from, to) : [change];
  });

/** Undefined where there are others than before: those are told as a whole. */
function stageChanges({ stages: before }: RunConfig, { stages: now }: RunConfig): FieldChange[] | undefined {
  const kinds = (stages: RunConfig['stages'] | undefined) => stages?.map(({ kind }) => kind).join();
  if (!before || !now || kinds(before) !== kinds(now)) return undefined;
  return before.flatMap((stage, index) => fieldChanges(`stages.${index}.`, stage, now[index]!));
}

/** The history with the changes from a step on; two of one field at one step are one, or none. */
export function addChanges(history: readonly RunChange[], added: readonly RunChange[]): RunChange[] {
  const changes = [...history];
  for (const change of added) {
    const same = changes.findIndex(({ step, field }) => step === change.step && field === change.field);
    const from = same < 0 ? change.from : changes[same]!.from;
    if (same >= 0) changes.splice(same, 1);
    if (!equal(from, change.to)) changes.push({ ...change, from });
  }
  return changes;
}

/** The history of a run that was taken back to a step: what it has become holds from the next one on. */
export function rewindChanges(history: readonly RunChange[], step: number): RunChange[] {
  const moved = history.map((change) => ({ ...change, step: Math.min(change.step, step + 1) }));
  return addChanges([], moved);
}

const under =
  (parent: string) =>
  (change: FieldChange): FieldChange => ({ ...change, field: `${parent}.${change.field}` });

function fieldChanges(prefix: string, before: object, now: object): FieldChange[] {
  const [from, to] = [before as Record<string, unknown>, now as Record<string, unknown>];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .map((field) => ({ field: prefix + field, from: from[field] ?? null, to: to[field] ?? null }))
    .filter((change) => !equal(change.from, change.to));
}

function inputChanges(before: RunInputs, now: RunInputs): FieldChange[] {
  return (['dataset', 'evalDataset', 'rollouts', 'model', 'stages'] as const)
    .filter((name) => !sameContent(before[name] ?? null, now[name] ?? null))
    .map((name) => ({ field: `inputs.${name}`, from: before[name] ?? null, to: now[name] ?? null }));
}

const tokenizerChanges = (before: RunRecord, now: RunInputs): FieldChange[] =>
  otherTokenizers(before, now).length === 0
    ? []
    : [{ field: 'inputs.tokenizer', from: tokenizersBefore(before, now), to: now.tokenizer }];

function sourceChanges(before: RewardSource[], now: RewardSource[]): FieldChange[] {
  const names = new Set([...before, ...now].map(({ name }) => name));
  const find = (sources: RewardSource[], wanted: string) => sources.find(({ name }) => name === wanted) ?? null;
  return [...names]
    .map((name) => ({ field: `rewardSources.${name}`, from: find(before, name), to: find(now, name) }))
    .filter(({ from, to }) => from?.sha256 !== to?.sha256);
}

/** As JSON: that is how one of the two was kept. Objects of a config always have their fields in the schema's order. */
const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
