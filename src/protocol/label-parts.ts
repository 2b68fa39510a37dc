import { fileName, stemOf } from '../text/files-by-name.ts';
import { isReward } from './difference-text.ts';
import type { RewardSpec } from './inputs-config.ts';

/** What a field is called in a label, where that is not its own name. In the order of labels. */
const SHORT_NAMES: Record<string, string> = {
  model: 'model',
  lora: 'LoRA',
  dataset: 'data',
  rewards: 'rewards',
  lossType: 'loss',
  learningRate: 'lr',
  beta: 'beta',
  numGenerations: 'generations',
  generations: 'growing groups',
  promptsPerStep: 'prompts',
  numIterations: 'iterations',
  numMiniBatches: 'mini-batches',
  maxCompletionLength: 'length',
  temperature: 'temp',
  scaleRewards: 'scale',
  lrSchedulerType: 'schedule',
  warmupSteps: 'warmup',
  maxGradNorm: 'clip',
};
const LAST = ['maxSteps', 'device', 'seed'];
const LAST_NAMES: Record<string, string> = { maxSteps: 'steps', device: 'on', seed: 'seed' };

/** What a run writes, and how it is called by others: nobody looks for a run by it. */
const UNTOLD = new Set([
  ...['$schema', 'samples', 'python', 'rewardTimeoutSeconds', 'rewardEnv'],
  // The number of steps says it.
  'numTrainEpochs',
  ...['saveSteps', 'saveTotalLimit', 'checkpointDtype', 'evalOnStart', 'evalSteps', 'evalPrompts'],
]);

/** Where a config leaves them open, they follow these. */
const FOLLOWS: Record<string, string> = { epsilonHigh: 'epsilon', numGenerationsEval: 'numGenerations' };

const LONGEST = 24;

export interface StartedRun {
  config: object;
  /** The config's folder. */
  directory: string;
}

/** In what a run differs from another, as short as people say it: `lr 1e-3`, `LoRA r 16`, `data gsm8k.jsonl`. */
export function differingParts(other: StartedRun, run: StartedRun): string[] {
  const [before, now] = [other.config, run.config] as Record<string, unknown>[];
  const rest = Object.keys(now!).filter((field) => !(field in SHORT_NAMES) && !LAST.includes(field));
  return [...Object.keys(SHORT_NAMES), ...rest, ...LAST]
    .filter((field) => !UNTOLD.has(field) && !follows(field, before!, now!))
    .flatMap((field) => {
      const sameFolder = other.directory === run.directory;
      // Of hundreds of runs, most fields of most are the same.
      if (sameFolder && before![field] === now![field]) return [];
      const [from, to] = [inFolder(before![field], other.directory), inFolder(now![field], run.directory)];
      // What one of the two releases did not have says nothing.
      if (from === undefined || to === undefined || JSON.stringify(from) === JSON.stringify(to)) return [];
      if (field === 'lora') return loraPart(from, to);
      return [field === 'rewards' ? rewardsPart(from, to) : fieldPart(field, to)];
    });
}

const follows = (field: string, ...configs: Record<string, unknown>[]): boolean =>
  (field in FOLLOWS && configs.every((config) => config[field] === config[FOLLOWS[field]!])) ||
  // It is the `min` of the other.
  (field === 'numGenerations' && Boolean(configs.at(-1)!.generations));

/** A field, or a path to one, and its value, as short as people say it. */
export function fieldPart(field: string, value: unknown): string {
  const name = SHORT_NAMES[field] ?? LAST_NAMES[field] ?? field;
  if (value === null || value === false) return `no ${name}`;
  if (value === true) return name;
  const text = textOf(field, value);
  return text.length <= LONGEST ? `${name} ${text}` : `other ${name}`;
}

function loraPart(from: unknown, to: unknown): string[] {
  if (to === null) return ['no LoRA'];
  const [before, now] = [from ?? {}, to] as Record<string, unknown>[];
  const fields = Object.keys(now!).filter((name) => JSON.stringify(before![name]) !== JSON.stringify(now![name]));
  const told = from === null || fields.includes('r') ? ['r'] : fields.slice(0, 1);
  return told.map((name) => `LoRA ${name} ${textOf(name, now![name])}`);
}

function textOf(field: string, value: unknown): string {
  if (typeof value === 'number') return shortNumber(value);
  if (typeof value === 'string')
    return field === 'model' || field === 'dataset' || field === 'evalDataset' ? fileName(value) : value;
  if (field === 'generations') {
    const { min, max } = value as { min: number; max: number };
    return `${min}–${max}`;
  }
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((item) => textOf(field, item)).join(', ');
}

/** The functions; or, where these are called the same, the files that they are in. */
function rewardsPart(from: unknown, to: unknown): string {
  const functions = [from, to].map((rewards) => namesOf(rewards, ({ file, function: name }) => name ?? stemOf(file)));
  const files = namesOf(to, ({ file }) => stemOf(file));
  const text = functions[0] === functions[1] ? files : functions[1]!;
  return text.length <= LONGEST ? `rewards ${text}` : 'other rewards';
}

function namesOf(rewards: unknown, nameOf: (reward: RewardSpec) => string): string {
  const names = [rewards]
    .flat()
    .filter(isReward)
    .map((reward) => {
      const { weight } = reward;
      return weight === 1 ? nameOf(reward) : `${nameOf(reward)} × ${shortNumber(weight)}`;
    });
  return [...new Set(names)].join(', ');
}

/** As people write it: `1e-3`, `2.5e-4`, `0.05`, `512`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-2 && size < 1e6)) return String(value);
  return value.toExponential().replace('e+', 'e');
}

/** Paths as they are from the config's folder, so that a workspace may be moved. */
function inFolder(value: unknown, directory: string): unknown {
  if (typeof value === 'string') {
    const inside = directory !== '' && value.startsWith(directory) && /^[\\/]/.test(value.slice(directory.length));
    return inside ? value.slice(directory.length + 1) : value;
  }
  if (Array.isArray(value)) return value.map((item) => inFolder(item, directory));
  return isReward(value) ? { ...value, file: inFolder(value.file, directory) } : value;
}
