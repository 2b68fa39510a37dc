import { basename, resolve } from 'node:path';
import { realPath } from '../files/real-path.ts';
import { type EditedTexts, readSource, type SourceText } from '../files/source.ts';
import { rewardEnvironment } from '../processes/reward-environment.ts';
import { BadInput, formatLocation, type SourceLocation } from '../protocol/errors.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { ScoreBatch, ScoreTable } from '../protocol/rewards.ts';
import { didYouMean } from '../text/nearest-name.ts';
import type { FunctionScores, RewardWarning } from './function-call.ts';
import { languageOf, prepareWorker, type RewardLanguage } from './prepare-worker.ts';
import { RewardFile } from './reward-file.ts';
import { type CalledFunction, RowsAhead, type ScoringAhead } from './scoring-ahead.ts';
import { sumOfTotals } from './totals.ts';

/** Physical memory of a worker process, unless another limit is given. */
export const MEMORY_LIMIT_BYTES = 4 * 1024 ** 3;
const OUTPUT_LIMIT_BYTES = 1024 ** 2;

/** Reward functions that a run config or the command line names. */
export interface RewardSource {
  file: string;
  /** One function; without it, all that the file exports. */
  name?: string | undefined;
  /** What scores are multiplied with before they are summed; 1 unless given. */
  weight?: number | undefined;
  /** Where it is named, for errors. */
  at?: SourceLocation | undefined;
}

export interface RewardOptions {
  /** `reward-worker.js` of the build; `reward-worker.py` and `grpo-rewards.js` are in the same folder. */
  workerPath: string;
  /** The Python interpreter; without it `python3` or `python`. */
  pythonPath?: string | undefined;
  /** Per row of a row function, per call of a batch or Python function. */
  timeoutSeconds: number;
  /** To run a file and its imports before its functions are called; 60 unless given (libraries such as torch are slow to load). */
  loadTimeoutSeconds?: number | undefined;
  /** Physical memory of a worker process; 4 GiB unless given. */
  memoryLimitBytes?: number | undefined;
  /** Of what a function prints in one call, the rest is dropped; 1 MiB unless given. */
  outputLimitBytes?: number | undefined;
  /** Source code to use instead of that of files, by absolute path; of a Python reward's own modules only disk's is used. */
  texts?: EditedTexts | undefined;
  /** Environment variables that rewards get besides those of `rewardEnvironment`. */
  rewardEnv?: readonly string[] | undefined;
  /** Gets what the user's code in `file` prints. */
  onOutput?: ((text: string, file: string) => void) | undefined;
  /** Hears what is wrong though no row has failed of it. */
  onWarning?: ((message: string) => void) | undefined;
}

export interface RewardFunction {
  name: string;
  weight: number;
  file: string;
  language: RewardLanguage;
}

export interface ScoreOptions {
  /** Hears of each completion that a function has scored. */
  onOutcome?: ((name: string) => void) | undefined;
  /** Seconds that a function has for the whole batch, after which its other completions fail; without it, as long as they take. */
  limitSeconds?: ((name: string) => number) | undefined;
}

/** Reward functions in their warm workers. */
export interface RewardSet {
  /** In the order of the sources; those of one file in the order of its source code. */
  readonly functions: readonly RewardFunction[];
  /** The reward files and the user's own modules that they import, as they were loaded. */
  readonly sources: readonly SourceText[];
  /** Calls every function on the batch. What goes wrong in a function is an outcome of its rows, never an exception. */
  score(batch: ScoreBatch, options?: ScoreOptions): Promise<ScoreTable>;
  /** Scores completions while others are still being written; `batchOf` makes a batch of some. */
  ahead<Item>(batchOf: (items: readonly Item[]) => ScoreBatch): ScoringAhead<Item>;
  /** Ends all workers and what they started. */
  close(): Promise<void>;
}

/**
 * Compiles and loads reward files, each in a worker process of its own.
 * Throws BadInput for a file that does not compile or load, a name that it does not export, and for two functions of one name.
 */
export async function openRewards(sources: RewardSource[], options: RewardOptions): Promise<RewardSet> {
  for (const name of rewardEnvironment(options.rewardEnv ?? []).missing) options.onWarning?.(notSet(name));
  const absolute = sources.map((source) => ({ ...source, file: resolve(source.file) }));
  const names = new Set(absolute.map(({ file }) => file));
  const opened = await Promise.allSettled(
    [...names].map((name) =>
      openFile(
        name,
        absolute.filter(({ file }) => file === name),
        options,
      ),
    ),
  );
  const loaded = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const files = new Map(loaded.map(({ name, file }) => [name, file]));
  const close = async () => {
    await Promise.all([...files.values()].map((file) => file.close()));
  };
  try {
    for (const result of opened) if (result.status === 'rejected') throw result.reason;
    const functions = absolute.flatMap((source) => functionsOf(source, files.get(source.file)!));
    checkNames(functions);
    const texts = new Map(loaded.flatMap(({ texts }) => [...texts]));
    const onRetry = tellOnce(options.onWarning ?? (() => {}));
    const kindOf = ({ file, name }: RewardFunction) =>
      files.get(file)!.loaded.functions.find((loaded) => loaded.name === name)!.kind;
    const scoreWith = (call: Call) => scoreAll(functions, call, onRetry);
    return {
      functions: functions.map(({ at: _, ...described }) => described),
      sources: [...texts].map(([file, text]) => ({ file, text })),
      close,
      score: (batch, { onOutcome = () => {}, limitSeconds } = {}) =>
        scoreWith(({ file, name }) => files.get(file)!.score(name, batch, () => onOutcome(name), limitSeconds?.(name))),
      ahead: (batchOf) => {
        const called = functions.map((each): CalledFunction => {
          const { file, name } = each;
          return { name, kind: kindOf(each), call: (batch) => files.get(file)!.score(name, batch) };
        });
        return scoringAhead(called, batchOf, scoreWith);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The warning about a variable that rewards should get and that is not set. */
export const notSet = (name: string): string =>
  `The environment variable ${name}, which rewards should get ("rewardEnv"), is not set.`;

interface OpenedFile {
  name: string;
  file: RewardFile;
  /** Of the file and the user's modules that it imports. */
  texts: Map<string, string>;
}

async function openFile(file: string, uses: RewardSource[], options: RewardOptions): Promise<OpenedFile> {
  const {
    onOutput = () => {},
    onWarning = () => {},
    timeoutSeconds,
    loadTimeoutSeconds = 60,
    rewardEnv = [],
    texts,
  } = options;
  const { memoryLimitBytes = MEMORY_LIMIT_BYTES, outputLimitBytes = OUTPUT_LIMIT_BYTES } = options;
  const launch = await prepareWorker({
    file,
    names: uses.flatMap(({ name }) => name ?? []),
    at: uses[0]?.at,
    workerPath: options.workerPath,
    pythonPath: options.pythonPath,
    memoryLimitBytes,
    texts,
    rewardEnv,
  });
  const read = readTexts(launch.inputs, texts);
  const limits = {
    timeoutSeconds,
    loadTimeoutSeconds,
    memoryLimitBytes,
    outputLimitBytes,
    onOutput: (text: string) => onOutput(text, file),
    onWarning: ({ message, at }: RewardWarning) => onWarning(`${formatLocation(at)}: ${message}`),
  };
  const opened = await RewardFile.open(launch, limits);
  const modules = (opened.loaded.modules ?? []).filter((path) => /\.(py|[cm]?[jt]s|[jt]sx|json)$/.test(path));
  const imported = new Map(readTexts(modules));
  if (launch.language === 'python') opened.keepModules(imported);
  return { name: file, file: opened, texts: new Map([...read, ...imported]) };
}

function readTexts(files: readonly string[], texts: EditedTexts = new Map()): [string, string][] {
  const byRealPath = new Map([...texts].map(([file, text]) => [realPath(file), text]));
  return files.map((file) => [file, byRealPath.get(realPath(file)) ?? readSource(file)]);
}

type NamedFunction = RewardFunction & { at: SourceLocation | undefined };

function functionsOf(source: RewardSource, { loaded }: RewardFile): NamedFunction[] {
  const { file, weight = 1, at } = source;
  return namesOf(source, loaded.functions).map((name) => ({ name, weight, file, language: languageOf(file), at }));
}

/** The functions of its file that a source means. Throws BadInput when there is none. */
export function namesOf({ file, name, at }: RewardSource, functions: WorkerFunction[]): string[] {
  const defaults = functions.filter(({ isDefault }) => isDefault).map((found) => found.name);
  const wanted = name === undefined ? defaults : functions.filter((found) => found.name === name).map(() => name);
  if (wanted.length > 0) return wanted;
  const has =
    defaults.length > 0
      ? `it has ${defaults.join(', ')}`
      : languageOf(file) === 'python'
        ? 'it has no public function that takes (prompts, completions, **kwargs)'
        : 'it exports no function';
  const message =
    name === undefined
      ? `${basename(file)} has no reward function: ${has}.`
      : `${basename(file)} has no reward function "${name}": ${has}.${didYouMean(name, defaults)}`;
  throw new BadInput(message, at ?? { file });
}

function checkNames(functions: NamedFunction[]): void {
  for (const [index, { name, file, at }] of functions.entries()) {
    if (name in Object.prototype)
      throw new BadInput(`Every object of JavaScript has a "${name}", so no reward can be called that; rename it.`, {
        file,
      });
    const first = functions.slice(0, index).find((other) => other.name === name);
    if (!first) continue;
    const where = first.file === file ? 'twice' : `in ${basename(first.file)} and in ${basename(file)}`;
    throw new BadInput(
      `The reward function "${name}" is named ${where}, and their metrics would merge; rename or drop one.`,
      at ?? { file },
    );
  }
}

/** Of each function and place, the first: a reward that throws at one line throws there in most steps of a run. */
function tellOnce(onWarning: (message: string) => void): (name: string, warning: RewardWarning) => void {
  const told = new Set<string>();
  return (name, { message, at }) => {
    const key = JSON.stringify([name, at]);
    if (told.has(key)) return;
    told.add(key);
    onWarning(`${formatLocation(at)}: ${message}`);
  };
}

/** Calls one function on the completions of a batch. */
type Call = (rewardFunction: RewardFunction) => Promise<FunctionScores>;

function scoringAhead<Item>(
  functions: readonly CalledFunction[],
  batchOf: (items: readonly Item[]) => ScoreBatch,
  scoreWith: (call: Call) => Promise<ScoreTable>,
): ScoringAhead<Item> {
  const ofRows = functions.filter(({ kind }) => kind === 'row');
  const ahead = new Map(ofRows.map((each) => [each.name, new RowsAhead(each, batchOf)]));
  return {
    add: (row, item) => {
      for (const rows of ahead.values()) rows.add(row, item);
    },
    finish: (items) => {
      const batch = batchOf(items);
      const whole = (wanted: string) => functions.find(({ name }) => name === wanted)!.call(batch);
      return scoreWith(({ name }) => ahead.get(name)?.finish(items) ?? whole(name));
    },
  };
}

/** Files work in parallel; the functions of one file, which share a worker, one after the other. */
async function scoreAll(
  functions: RewardFunction[],
  call: Call,
  onRetry: (name: string, warning: RewardWarning) => void,
): Promise<ScoreTable> {
  const scores = await Promise.all(functions.map(call));
  for (const [k, { retries }] of scores.entries()) for (const warning of retries) onRetry(functions[k]!.name, warning);
  const logged = new Map<string, (number | null)[]>();
  for (const { metrics } of scores)
    for (const [name, values] of Object.entries(metrics)) logged.set(name, [...(logged.get(name) ?? []), ...values]);
  return {
    columns: functions.map(({ name, weight }, k) => {
      const { outcomes, seconds, givenUp } = scores[k]!;
      return { name, weight, outcomes, seconds, ...(givenUp > 0 && { givenUp }) };
    }),
    metrics: Object.fromEntries([...logged].map(([name, values]) => [name, mean(values)])),
    extra: Object.assign({}, ...scores.map(({ extra }) => extra)),
    totals: sumOfTotals(scores.map(({ totals }) => totals)),
  };
}

const mean = (values: (number | null)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / values.length;
