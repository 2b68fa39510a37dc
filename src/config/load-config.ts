import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findNodeAtLocation, type Node } from 'jsonc-parser';
import { whyUnreadable } from '../files/absence.ts';
import { isAdapterFolder } from '../files/adapter-folder.ts';
import { datasetFiles, hubHint, nearestFile } from '../files/dataset-files.ts';
import type { Purpose } from '../files/dataset-folder.ts';
import { isPattern, literally } from '../files/file-patterns.ts';
import { parseJsonc } from '../files/jsonc.ts';
import { CONFIG_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput, type ErrorKind, type SourceLocation } from '../protocol/errors.ts';
import { type Remedy, remedyWords } from '../protocol/remedy.ts';
import { type RunConfig, runConfigSchema } from '../protocol/run-config.ts';
import { configName, difficultyName, isProgramPath } from '../text/files-by-name.ts';
import { own } from '../text/own.ts';
import { type ConfigPath, describeIssue, presetValue } from './config-issue.ts';
import { applyOverride, parseOverride, type WrittenOverride } from './config-override.ts';
import { stageIssue } from './stage-fields.ts';
import { lastStepOf, type ModelPlace } from './stage-models.ts';
import { changedNumber, changedNumberWords } from './template-numbers.ts';

/** A run config that was read and checked, and where its fields are, for errors that are found later. */
export interface LoadedConfig {
  /** All paths in it (`model`, `dataset`, `evalDataset`, `rewards[].file`, `samples`, `difficulty.file`, and `python` unless it is a name on the PATH) are absolute, and exist as far as they are needed; patterns and folders of datasets are the files that they come to. */
  config: RunConfig;
  file: string;
  directory: string;
  /** The name of the run: the file's, without `.grpo.json`. */
  name: string;
  /** Where a field's value is, an override included; the nearest enclosing value when the field is not there. */
  locate(path: ConfigPath): SourceLocation;
}

/**
 * Reads `NAME.grpo.json` (JSON with comments and trailing commas). `set` holds overrides, applied before checking: `path=value`, or where a
 * file has them. `for: 'scores'`: only the rewards and samples have to exist, as in a repository without its model. `stepsDone`: of a run that
 * continues; models that only these have trained may be gone.
 * Throws BadInput at file:line:column, or naming the override, for whatever is wrong first.
 */
export function loadRunConfig(
  file: string,
  options: { set?: readonly (string | WrittenOverride)[]; for?: 'run' | 'scores'; stepsDone?: number } = {},
): LoadedConfig {
  const absolute = resolve(file);
  const directory = dirname(absolute);
  const { value, locate, locateKey, numberProblem } = parseConfigText(readText(absolute, CONFIG_FILE), absolute);
  const overrides = (options.set ?? []).map(parseOverride);
  for (const override of overrides) applyOverride(value, override);

  const overrideOf = (path: ConfigPath) => overrides.findLast((candidate) => overlap(path, candidate.path));
  const placeOf = (path: ConfigPath, at = locate): SourceLocation => {
    // What a preset sets is where the preset is.
    const place = presetValue(path[0], value) === undefined ? path : ['preset'];
    const override = overrideOf(place);
    if (override?.written) return at === locate ? override.written.value : override.written.key;
    return override ? { file: absolute, path, option: `--set ${override.text}` } : { ...at(place), path };
  };
  const fail = (path: ConfigPath, message: string, { at = locate, kind, remedy }: Failing = {}): never => {
    throw new BadInput(message, placeOf(path, at), { kind, remedy });
  };

  const parsed = runConfigSchema.safeParse(value);
  if (!parsed.success) {
    // An unknown field first: a misspelt one is also reported as missing.
    const { issues } = parsed.error;
    const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
    const problem = describeIssue(issue, value);
    const at = issue.code === 'unrecognized_keys' ? locateKey : locate;
    return fail(problem.path, problem.message, { at, remedy: problem.remedy });
  }
  const config = parsed.data;
  const issue = stageIssue(config);
  if (issue) {
    const problem = describeIssue(issue, config);
    return fail(problem.path, problem.message, { remedy: problem.remedy });
  }
  if (numberProblem) throw numberProblem;
  // As in TRL, the number of steps wins where someone gives it.
  if (own(value, 'maxSteps') !== undefined) config.numTrainEpochs = null;

  const resolveFile = (path: ConfigPath, target: string): string => {
    const full = resolve(directory, target);
    if (options.for === 'scores' && !path.includes('rewards') && path[0] !== 'samples') return full;
    if (existsSync(full)) return full;
    const problem = whyUnreadable(full);
    if (problem !== undefined)
      return fail(path, `"${path.join('.')}" names ${target}, which cannot be read: ${problem} (${full}).`);
    const missing = `"${path.join('.')}" names ${target}, which does not exist (${full}).`;
    const isDataset = path.includes('dataset') || path[0] === 'evalDataset';
    if (path.at(-1) !== 'model')
      return fail(path, isDataset ? `${missing}${nearestFile(full) || hubHint(target)}` : missing);
    const remedy: Remedy = { action: 'get-model' };
    return fail(path, `${missing} ${remedyWords(remedy)}`, { kind: 'missing-model', remedy });
  };
  const resolveOne = (path: ConfigPath, target: string): string => {
    const full = resolveFile(path, target);
    if (statSync(full, { throwIfNoEntry: false })?.isFile() === false)
      fail(path, `"${path.join('.')}" names ${target}, which is not a file (${full}).`);
    return full;
  };
  /** The files that it comes to: a run records these, whatever a pattern or a folder comes to later. */
  const resolveDataset = (path: ConfigPath, named: string | string[], purpose: Purpose): string | string[] => {
    const files = Array.isArray(named)
      ? named.flatMap((target, index) => resolveDataset([...path, index], target, purpose))
      : filesOfDataset(path, named, purpose);
    const once = [...new Set(files)];
    return once.length === 1 ? once[0]! : once;
  };
  const filesOfDataset = (path: ConfigPath, target: string, purpose: Purpose): string[] => {
    const full = resolve(directory, target);
    if (options.for === 'scores') return [full];
    if (!isPattern(target)) resolveFile(path, target);
    try {
      return datasetFiles(existsSync(full) ? full : resolve(literally(directory), target), purpose);
    } catch (error) {
      // It has no place where it is about this value.
      if (!(error instanceof BadInput) || error.problem.place) throw error;
      return fail(path, error.problem.message);
    }
  };
  const resolveModel = (path: ConfigPath, target: string, place: ModelPlace): string => {
    if (lastStepOf(config, place) < (options.stepsDone ?? 0)) return resolve(directory, target);
    const full = resolveFile(path, target);
    if (isAdapterFolder(full))
      fail(path, `"${path.join('.')}" names a LoRA adapter; merge it into its model first: grpo export ${full}`);
    return full;
  };
  config.model = resolveModel(['model'], config.model, 'run');
  config.dataset = resolveDataset(['dataset'], config.dataset, 'training');
  if (config.evalDataset !== null)
    config.evalDataset = resolveDataset(['evalDataset'], config.evalDataset, 'evaluation');
  if (config.difficulty) {
    const { file, ...limits } = config.difficulty;
    // In the schema's order, in which a recorded config comes back.
    config.difficulty = { file: resolve(directory, file ?? difficultyName(absolute)), ...limits };
  }
  if (config.samples !== null) config.samples = resolve(directory, config.samples);
  if (config.python !== null && isProgramPath(config.python)) config.python = resolve(directory, config.python);
  for (const [index, reward] of config.rewards.entries()) reward.file = resolveOne(['rewards', index], reward.file);
  for (const field of ['deepspeed', 'fsdp'] as const) {
    const named = config.trl?.[field];
    if (typeof named === 'string' && named !== 'zero2' && named !== 'zero3')
      Object.assign(config.trl!, { [field]: resolveOne(['trl', field], named) });
  }
  for (const [index, stage] of (config.stages ?? []).entries()) {
    const at = (...path: ConfigPath) => ['stages', index, ...path];
    if (stage.dataset !== undefined) stage.dataset = resolveDataset(at('dataset'), stage.dataset, 'training');
    if ('model' in stage) stage.model = resolveModel(at('model'), stage.model, index);
    if ('mix' in stage && stage.mix)
      stage.mix.dataset = resolveDataset(at('mix', 'dataset'), stage.mix.dataset, 'training');
    if ('rewards' in stage)
      for (const [place, reward] of (stage.rewards ?? []).entries())
        reward.file = resolveOne(at('rewards', place), reward.file);
  }
  return { config, file: absolute, directory, name: configName(absolute), locate: placeOf };
}

/** More about what is wrong with a field. `at`: where to point to. */
interface Failing {
  at?: ConfigText['locate'];
  kind?: ErrorKind;
  remedy?: Remedy | undefined;
}

interface ConfigText {
  value: Record<string, unknown>;
  locate(path: ConfigPath): SourceLocation;
  /** As `locate`, but the field's name rather than its value. */
  locateKey(path: ConfigPath): SourceLocation;
  /** A number that the chat template would get as another one. */
  numberProblem: BadInput | undefined;
}

function parseConfigText(text: string, file: string): ConfigText {
  const { root, value, at } = parseJsonc(text, file, 'run config');
  if (root?.type !== 'object') throw new BadInput('The run config must be one JSON object, { ... }.', at(0));

  const nearestNode = (path: ConfigPath): Node => {
    for (let length = path.length; length > 0; length--) {
      const node = findNodeAtLocation(root, path.slice(0, length));
      if (node) return node;
    }
    return root;
  };
  const variables = findNodeAtLocation(root, ['chatTemplateKwargs']);
  const number = variables && changedNumber(variables, text);
  return {
    value: value as Record<string, unknown>,
    numberProblem: number && new BadInput(changedNumberWords(number.written), at(number.node.offset)),
    locate: (path) => at(nearestNode(path).offset),
    locateKey: (path) => {
      const node = nearestNode(path);
      return at(node.parent?.type === 'property' ? node.parent.offset : node.offset);
    },
  };
}

/** One of the two paths leads to the other. */
const overlap = (a: ConfigPath, b: ConfigPath): boolean =>
  a.length > 0 && a.slice(0, b.length).every((key, depth) => key === b[depth]);
