import { DEVICES } from '../protocol/run-config.ts';
import {
  choice,
  flag,
  integer,
  list,
  type Operand,
  type Option,
  operand,
  operands,
  optionalInteger,
  span,
  text,
} from './options.ts';

/** What a command takes: its arguments are parsed by it, and its help and docs/commands.md are made from it. */
export interface Declaration {
  help: string;
  operands: Record<string, Operand>;
  options: Record<string, Option>;
  /** Pairs of options of which only one may be given. */
  either?: [string, string][];
  /** Two options of which exactly one must be given. */
  oneOf?: [string, string];
}

/** Completions of one prompt, and tokens of one completion: beyond, they are a slip of the keyboard. */
const MOST_COMPLETIONS = 2 ** 16;
const MOST_TOKENS = 2 ** 20;
/** The longest completion of `grpo generate` when nobody says how long, as far as the model's context allows. */
export const DEFAULT_MAX_TOKENS = 256;

const runConfig = operand('RUN.grpo.json');
const device = choice('DEVICE', DEVICES, 'auto');
const fp16 = flag('compute in float16, on a GPU through webgpu');
const json = flag('print JSON');

export const COMMANDS = {
  train: {
    help: 'train a model as a run config says',
    operands: { config: runConfig },
    options: {
      set: list('path=value', 'override a field of the config'),
      out: text('DIR', 'the run folder', '.grpo/runs/<time>-<name> beside the config'),
      resume: flag('continue from the newest checkpoint of the run in --out, or of the latest run'),
      'as-recorded': flag("with the settings and reward code that the run recorded, if today's are others", {
        goesWith: 'resume',
      }),
      'with-changes': flag("with today's settings and reward code from here on; the run keeps note of it", {
        goesWith: 'resume',
      }),
      rollouts: text('FILE', 'train on recorded completions instead of sampling'),
      json: flag('print one JSON event per line; logs go to stderr'),
    },
    either: [['as-recorded', 'with-changes']],
  },
  score: {
    help: 'try reward functions on sample completions',
    operands: { rewards: operands('RUN.grpo.json | REWARD_FILE[#function]...', 'RUN.grpo.json or REWARD_FILE') },
    options: {
      samples: text(
        'FILE',
        'samples: JSON Lines with prompt and completion',
        'those of the config, or of the same name',
      ),
      env: list('NAME', 'an environment variable that the rewards get, as with "rewardEnv" in a config'),
      check: flag('only tell what fails or is not as expected, with exit status 1; for CI'),
      json,
    },
  },
  generate: {
    help: 'sample completions',
    operands: { model: operand('MODEL') },
    options: {
      prompt: text('TEXT', 'one prompt'),
      prompts: text('FILE', 'prompts: JSON Lines with prompt or prompt_ids'),
      n: integer('N', 'completions per prompt', { least: 1, most: MOST_COMPLETIONS }, 1),
      greedy: flag('always take the most likely token'),
      'max-tokens': optionalInteger(
        'N',
        'longest completion',
        { least: 1, most: MOST_TOKENS },
        `${DEFAULT_MAX_TOKENS}, or what the model's context leaves`,
      ),
      seed: integer('S', 'seed of the sampling', { least: 0 }, 42),
      device,
      fp16,
      json: flag('print one JSON object per completion'),
    },
    oneOf: ['prompt', 'prompts'],
  },
  samples: {
    help: "add completions of a run config's model to its samples, to try rewards on",
    operands: { config: runConfig },
    options: {
      prompts: integer('M', 'prompts of the dataset', { least: 1 }, 4),
      n: integer('N', 'completions per prompt', { least: 1, most: MOST_COMPLETIONS }, 4),
      seed: optionalInteger('S', 'seed of the choice of prompts and of the sampling', { least: 0 }, "the config's"),
      out: text('FILE', 'the samples file', 'the one of the config, or samples/NAME.samples.jsonl'),
      json: flag('print the samples, one JSON object a line, instead of adding them to a file'),
    },
    either: [['out', 'json']],
  },
  logprobs: {
    help: 'log-probabilities of given completions',
    operands: { model: operand('MODEL'), file: operand('FILE.jsonl') },
    options: { device, fp16, json: flag('print one JSON object per row') },
  },
  rescore: {
    help: "score a run's recorded completions again, with its rewards as they are now",
    operands: { run: operand('RUN_DIR') },
    options: {
      step: optionalInteger('N', 'only this step', { least: 1 }),
      steps: span('A-B', 'only these steps', 'all that were recorded'),
      'newest-first': flag('begin with the newest step'),
      python: text('FILE', 'the interpreter for .py rewards, where the config names none'),
      json: flag('print one JSON object per step, then a summary'),
    },
    either: [['step', 'steps']],
  },
  eval: {
    help: 'mean rewards on the evaluation dataset',
    operands: { config: runConfig },
    options: { checkpoint: text('DIR', 'the weights to evaluate', 'the start model'), json },
  },
  merge: {
    help: "merge a checkpoint's LoRA adapter into its base model",
    operands: { checkpoint: operand('CHECKPOINT') },
    options: { out: text('DIR', 'the new model folder', 'CHECKPOINT-merged') },
  },
  bench: {
    help: 'measure the phases of a training step',
    operands: { config: runConfig },
    options: { steps: integer('N', 'measured steps', { least: 1 }, 5), json },
  },
  'setup-tensorflow': {
    help: 'get the optional engine for device "tensorflow": tfjs-node, built against the TensorFlow of a Python environment',
    operands: {},
    options: {
      python: text('PATH', 'the interpreter of that environment', 'python3 or python'),
      prebuilt: flag('take tfjs-node-gpu with binaries of its own (TensorFlow 2.9, CUDA 11) instead'),
      into: text('DIR', 'the folder that gets it, if not the one where every run looks for it'),
      json: flag('print one JSON object per part'),
    },
    either: [['python', 'prebuilt']],
  },
  doctor: {
    help: 'what works on this machine, and how to get what does not',
    operands: {},
    options: { json },
  },
} satisfies Record<string, Declaration>;

export type CommandName = keyof typeof COMMANDS;

export const isCommand = (name: string | undefined): name is CommandName =>
  name !== undefined && Object.hasOwn(COMMANDS, name);

/** `max-tokens` as `maxTokens`. */
type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

type ValueOf<Taken> = Taken extends { read: (...args: never[]) => infer Value } ? Value : never;

/** The values of operands or options; those that may be missing are optional. */
type ValuesOf<Taken> = {
  [Name in keyof Taken as undefined extends ValueOf<Taken[Name]> ? never : CamelCase<Name & string>]: ValueOf<
    Taken[Name]
  >;
} & {
  [Name in keyof Taken as undefined extends ValueOf<Taken[Name]> ? CamelCase<Name & string> : never]?: ValueOf<
    Taken[Name]
  >;
};

/** What the user asked for with one command. Files are as typed, relative to the working directory. */
export type CommandOf<Name extends CommandName> = { command: Name } & ValuesOf<(typeof COMMANDS)[Name]['operands']> &
  ValuesOf<(typeof COMMANDS)[Name]['options']>;
