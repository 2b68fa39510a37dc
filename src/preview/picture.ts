import { basename } from 'node:path';
import { rewardEnvironment } from '../processes/reward-environment.ts';
import { BadInput } from '../protocol/errors.ts';
import type {
  PreviewFunction,
  PreviewOutcome,
  PreviewProblem,
  PreviewRequest,
  PreviewResult,
} from '../protocol/preview.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { RewardWarning } from '../rewards/function-call.ts';
import { namesOf, notSet } from '../rewards/open-rewards.ts';
import { languageOf } from '../rewards/prepare-worker.ts';
import { stemOf } from '../text/files-by-name.ts';
import { chatPromptAdvice } from './chat-prompts.ts';
import type { DatasetFacts } from './dataset-facts.ts';
import type { EditedSamples, KeyedSample } from './edited-samples.ts';
import { judgeScores, type PreviewedColumn } from './judge-scores.ts';
import { otherPrompts } from './other-prompts.ts';
import type { PreviewFile } from './preview-file.ts';
import { roundedNumbers } from './rounded-numbers.ts';
import { type ScoredGroup, scoreGroups, summarize, withTrials } from './sample-scores.ts';
import { unknownColumns } from './unknown-columns.ts';

/** What is known at a moment: the functions, what they have said of the samples so far, and what could not be read. */
export interface Picture {
  request: PreviewRequest;
  functions: PreviewedFunction[];
  /** Of the same functions. */
  columns: PreviewedColumn[];
  groups: ScoredGroup<KeyedSample>[];
  /** Of texts that do not compile, load or parse, and names that are wrong. */
  problems: PreviewProblem[];
  stale: boolean;
}

interface PreviewedFunction {
  name: string;
  weight: number;
  trial?: true;
  file: PreviewFile;
  declared: WorkerFunction;
}

export function takePicture(
  request: PreviewRequest,
  files: ReadonlyMap<string, PreviewFile>,
  samples: EditedSamples,
): Picture {
  const broken = [...files.values()].flatMap(({ file, problem }) => (problem ? { file, ...problem } : []));
  const { problems: unread, refusals } = samples;
  const { functions: counted, problems } = functionsOf(request, files);
  const trials = trialsOf(counted, files);
  const functions = [...counted, ...trials];
  const columnOf = ({ name, weight, file, declared }: PreviewedFunction): PreviewedColumn => {
    const outcomes = samples.rows.map(({ key }) => file.outcome(name, key));
    const { file: path = file.file, line = 1, column = 1 } = declared;
    return { name, weight, outcomes, file: path, line, column };
  };
  const [columns, tried] = [counted.map(columnOf), trials.map(columnOf)];
  const groups = scoreGroups(samples.groups, columns, {
    baseline: 'group',
    ...request.settings,
    // A config's functions are all there; of a file alone, all unless one is picked. Samples of a config mean the config's total.
    checkTotals:
      request.subject.endsWith('.json') ||
      (stemOf(request.subject) === stemOf(request.samples.file) &&
        request.rewards.every((reward) => reward.function === undefined)),
  });
  return {
    request,
    functions,
    columns: [...columns, ...tried],
    groups: withTrials(groups, tried),
    problems: [
      ...broken.map(({ kind, error, file }) => located(kind, error, file)),
      ...[...unread, ...refusals].map((error) => located('samples', error, request.samples.file)),
      ...problems,
      ...[...files.values()].flatMap(({ warnings }) => warnings.all.map(strayed)),
      ...unsetVariables(request),
    ],
    // Samples that are not there are no edit that went wrong.
    stale: broken.length > 0 || unread.some(({ problem }) => problem.place?.line !== undefined),
  };
}

const isConfig = ({ subject }: PreviewRequest): boolean => subject.endsWith('.json');

/** What there is to say of the scores and the parameters, once all functions are done. */
export function judge(
  { request, functions, columns, groups }: Picture,
  dataset: DatasetFacts | undefined,
): PreviewProblem[] {
  const samples = groups.flatMap(({ rows }) => rows.map(({ sample }) => sample));
  const unknown = functions.flatMap(({ name, file, declared }) => {
    const parameters = file.parameters.get(name) ?? [];
    const place = { ...declared, file: declared.file ?? file.file };
    return unknownColumns(parameters, place, languageOf(file.file), { dataset, samples });
  });
  const languages = functions.map(({ file }) => languageOf(file.file));
  const rounded = roundedNumbers(samples, languages).map(({ line, message }): PreviewProblem => {
    return { file: request.samples.file, line, column: 1, severity: 'warning', message, code: 'rounded' };
  });
  const others = otherPrompts(samples, dataset, request.samples.file);
  const counted = new Set(functions.flatMap(({ name, trial }) => (trial ? [] : [name])));
  const forChat = isConfig(request) ? chatPromptAdvice(request.settings.prompt ?? null) : {};
  const judged = judgeScores(columns, groups, counted, request.samples.file, forChat);
  return [...judged, ...unknown, ...rounded, ...others];
}

/** The picture as the editor gets it. */
export function describe({
  functions,
  columns,
  groups,
}: Picture): Pick<PreviewResult, 'functions' | 'rows' | 'groups'> {
  const rows = groups.flatMap(({ rows }, group) =>
    rows.map(({ sample: { line, completion }, outcomes, reward, advantage, mismatches }) => ({
      ...{ line, group, completion, reward, advantage, mismatches },
      outcomes: outcomes as Record<string, PreviewOutcome>,
    })),
  );
  return {
    functions: functions.map(({ name, file, trial }, index): PreviewFunction => {
      const { weight, outcomes, line, column } = columns[index]!;
      return {
        ...summarize(columns[index]!),
        ...{ weight, ...(trial && { trial }), file: file.file, language: languageOf(file.file), line, column },
        state: file.running.has(name) ? 'running' : 'done',
        samples: outcomes.filter((outcome) => outcome !== undefined).length,
        seconds: file.seconds(name),
      };
    }),
    rows: rows.sort((a, b) => a.line - b.line),
    groups: groups.map(({ rows: [first, ...others], mean, std, signal, why }) => {
      const { prompt, rendered } = first!.sample;
      return { prompt, rendered, size: 1 + others.length, mean, std, signal, why };
    }),
  };
}

/** Functions of the same files that look like rewards, and that the request does not name: just typed, say. */
function trialsOf(counted: PreviewedFunction[], files: ReadonlyMap<string, PreviewFile>): PreviewedFunction[] {
  const names = new Set(counted.map(({ name }) => name));
  return [...files.values()].flatMap((file) =>
    file.functions
      .filter(({ name }) => file.likely.has(name) && !names.has(name))
      .map((declared) => ({ name: declared.name, weight: 1, trial: true as const, file, declared })),
  );
}

/** The functions that the request means, as far as they are known, in its order. */
function functionsOf(request: PreviewRequest, files: ReadonlyMap<string, PreviewFile>) {
  const functions: PreviewedFunction[] = [];
  const problems: PreviewProblem[] = [];
  for (const { file: path, function: wanted, weight } of request.rewards) {
    const file = files.get(path);
    if (!file || (file.functions.length === 0 && file.problem)) continue;
    try {
      for (const name of namesOf({ file: path, name: wanted }, file.functions)) {
        const declared = file.functions.find((declared) => declared.name === name)!;
        const twin = functions.find((other) => other.name === name);
        if (twin) problems.push(duplicate(declared, path, twin.file.file));
        else functions.push({ name, weight, file, declared });
      }
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      problems.push(located('load', error, path));
    }
  }
  return { functions, problems };
}

function located(
  code: PreviewProblem['code'],
  { problem: { message, place } }: BadInput,
  otherwise: string,
): PreviewProblem {
  const { file = otherwise, line = 1, column = 1 } = place ?? {};
  return { file, line, column, severity: 'error', message, code };
}

function strayed({ message, at: { file, line = 1, column = 1 } }: RewardWarning): PreviewProblem {
  return { file, line, column, severity: 'warning', message, code: 'stray' };
}

function unsetVariables({ rewards, settings }: PreviewRequest): PreviewProblem[] {
  const { missing } = rewardEnvironment(settings.rewardEnv ?? []);
  const place = { file: rewards[0]?.file ?? '', line: 1, column: 1 };
  return missing.map((name) => ({ ...place, severity: 'warning', message: notSet(name), code: 'environment' }));
}

function duplicate({ name, line = 1, column = 1 }: WorkerFunction, file: string, first: string): PreviewProblem {
  const where = first === file ? 'twice' : `in ${basename(first)} too`;
  const message = `The reward function "${name}" is named ${where}, and their metrics would merge; rename or remove one.`;
  return { file, line, column, severity: 'error', message, code: 'duplicate-name' };
}
