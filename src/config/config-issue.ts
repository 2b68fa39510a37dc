import type * as z from 'zod';
import type { Problem } from '../protocol/errors.ts';
import { lengthFieldNames, overlongFieldNames } from '../protocol/length-config.ts';
import { loraFieldNames } from '../protocol/lora-config.ts';
import { presetDefaults } from '../protocol/presets.ts';
import { remedyWords } from '../protocol/remedy.ts';
import { runConfigFieldNames, stageFieldNames } from '../protocol/run-config-fields.ts';
import { schedulerOptionNames } from '../protocol/scheduler-config.ts';
import { STAGE_KINDS, type StageKind } from '../protocol/stage-config.ts';
import { trlFieldNames, vllmFieldNames } from '../protocol/trl-config.ts';
import { nearestName } from '../text/nearest-name.ts';
import { own } from '../text/own.ts';

type Issue = z.core.$ZodIssue;
export type ConfigPath = (string | number)[];

/** What is wrong with one field, in a sentence, and where. */
export interface ConfigProblem extends Pick<Problem, 'message' | 'remedy'> {
  path: ConfigPath;
}

/** Of the fields that are objects, what they have. */
const KNOWN_FIELDS: Record<string, readonly string[]> = {
  lora: loraFieldNames,
  overlongPenalty: overlongFieldNames,
  lengthPenalty: lengthFieldNames,
  rewards: ['file', 'function', 'weight'],
  prompt: ['system', 'user', 'prefill', 'text'],
  difficulty: ['file', 'min', 'max'],
  generations: ['min', 'max'],
  dynamicSampling: ['maxRounds'],
  replay: ['share', 'capacity', 'maxWeight'],
  curriculum: ['kind', 'pace'],
  lrSchedulerKwargs: schedulerOptionNames,
  trl: trlFieldNames,
  'trl.vllm': vllmFieldNames,
};

const TYPE_NAMES: Record<string, string> = {
  string: 'a text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** What the file is called, and which fields it has. */
export interface DescribedFile {
  name: string;
  fields: readonly string[];
}
const RUN_CONFIG: DescribedFile = { name: 'The run config', fields: runConfigFieldNames };

/** zod's issue in our words: `"numGenerations" must be at least 2, not 1.` */
export function describeIssue(issue: Issue, config: unknown, file = RUN_CONFIG): ConfigProblem {
  const path = issue.path as ConfigPath;
  if (issue.code === 'unrecognized_keys') {
    const kind = own((valueAt(config, path) ?? {}) as Record<string, unknown>, 'kind') as StageKind;
    return path[0] === 'stages' && path.length === 2
      ? unknownStageField(path, issue.keys[0]!, kind)
      : unknownField(path, issue.keys[0]!, file);
  }
  if (issue.code === 'invalid_union') {
    // The branch that fits the value's own type says more than "none of these".
    const nested = deepestBranch(issue.errors);
    if (nested && !isOneWord(nested))
      return describeIssue({ ...nested, path: [...path, ...nested.path] }, config, file);
  }
  const value = valueAt(config, path);
  const name = path.length === 0 ? file.name : `"${formatPath(path)}"`;
  // It may be about a field that is not there.
  if (issue.code === 'custom') {
    return { path, message: `${name} ${issue.message}.${presetNote(path, config)}` };
  }
  if (value === undefined && path.length > 0) return { path, message: `"${formatPath(path)}" is missing.` };
  const options = issue.code === 'invalid_value' ? issue.values : optionsOf(issue);
  const known = options.filter((option) => typeof option === 'string');
  // Of a short word, nearly every other is a neighbour: a "gpu" is no "cpu".
  const remedy = typeof value === 'string' && value.length > 3 ? editTo(value, known) : undefined;
  const message = `${name} must be ${requirement(issue)}, not ${show(value)}.${hint(remedy)}`;
  return { path, message, remedy };
}

/** Where the value of a field comes from that the file does not have. */
function presetNote([field]: ConfigPath, config: unknown): string {
  const value = presetValue(field, (config ?? {}) as Record<string, unknown>);
  return value === undefined ? '' : ` It is ${show(value)} in the preset; set it here.`;
}

/** What the preset of a config sets a field to that the config does not have; undefined: nothing. */
export const presetValue = (field: string | number | undefined, config: Record<string, unknown>): unknown =>
  own(config, String(field)) === undefined ? own(presetDefaults(config), String(field)) : undefined;

function unknownField(parent: ConfigPath, key: string, file: DescribedFile): ConfigProblem {
  const known = parent.length === 0 ? file.fields : (KNOWN_FIELDS[parent.join('.')] ?? KNOWN_FIELDS[parent[0]!] ?? []);
  const path = [...parent, key];
  // A field of another form that the object may have: "prompt" takes "text" alone.
  if (known.includes(key) && parent.length > 0)
    return {
      path,
      message: `"${formatPath(path)}" cannot be combined with the other fields of "${formatPath(parent)}".`,
    };
  const remedy = editTo(key, known);
  return { path, message: `Unknown field "${formatPath(path)}".${hint(remedy)}`, remedy };
}

/** A stage sets some fields of the run for itself, by its kind. */
function unknownStageField(parent: ConfigPath, key: string, kind: StageKind): ConfigProblem {
  const path = [...parent, key];
  const known = stageFieldNames.get(kind)!;
  if (!runConfigFieldNames.includes(key)) {
    const remedy = editTo(key, known);
    return { path, message: `Unknown field "${formatPath(path)}".${hint(remedy)}`, remedy };
  }
  const others = STAGE_KINDS.filter((other) => stageFieldNames.get(other)!.includes(key));
  const message =
    others.length === 0
      ? `"${formatPath(path)}" cannot differ between stages; set "${key}" for the whole run, beside "stages".`
      : `"${formatPath(path)}" is no field of a stage of kind "${kind}"; stages of kind ${others.map(show).join(' and ')} have it.`;
  return { path, message };
}

/** The name that was most likely meant, in place of the one that is there. */
function editTo(from: string, known: readonly string[]): ConfigProblem['remedy'] {
  const to = nearestName(from, known);
  return to === undefined ? undefined : { action: 'edit', from, to };
}

const hint = (remedy: ConfigProblem['remedy']): string => (remedy ? ` ${remedyWords(remedy)}` : '');

/** An issue of the branch that got furthest: one that accepts the value's type and rejects the least inside. */
function deepestBranch(branches: Issue[][]): Issue | undefined {
  const fitting = branches.filter(([issue]) => issue && (issue.path.length > 0 || issue.code !== 'invalid_type'));
  const [best] = fitting.sort((a, b) => a.length - b.length);
  // A misspelled field is also reported as missing.
  return best?.find(({ code }) => code === 'unrecognized_keys') ?? best?.[0];
}

/** Whether the branch takes a single word. "yes" is as near to true and false as to "auto", so a message names all branches. */
const isOneWord = (issue: Issue): boolean =>
  issue.code === 'invalid_value' && issue.path.length === 0 && issue.values.length === 1;

/** The kinds of object that a field may be, where it is of none of them. */
const optionsOf = (issue: Issue) => ('options' in issue ? (issue.options ?? []) : []);

function requirement(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      if (issue.origin === 'array') return 'a list that is not empty';
      return issue.inclusive ? `at least ${issue.minimum}` : `above ${issue.minimum}`;
    case 'too_big':
      return issue.inclusive ? `at most ${issue.maximum}` : `below ${issue.maximum}`;
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(show).join(', ')}`;
    case 'invalid_union':
      if (issue.errors.length === 0) return `one of ${optionsOf(issue).map(show).join(', ')}`;
      return issue.errors.map((branch) => requirement(branch[0]!)).join(' or ');
    default:
      return issue.message;
  }
}

const show = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(value) ?? String(value);
};

const formatPath = (path: ConfigPath): string => path.join('.');

function valueAt(value: unknown, path: ConfigPath): unknown {
  let current = value;
  for (const key of path)
    current = typeof current === 'object' ? own((current ?? {}) as Record<string, unknown>, String(key)) : undefined;
  return current;
}
