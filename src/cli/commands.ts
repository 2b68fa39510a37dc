import { MOST_COMPLETIONS } from '../protocol/config-limits.ts';
import { DEVICES } from '../protocol/run-config-fields.ts';
import {
  choice,
  flag,
  integer,
  list,
  number,
  type Operand,
  type Option,
  operand,
  operands,
  optionalChoice,
  optionalInteger,
  optionalOperand,
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

/** Tokens of one completion: more is a typing error. */
const MOST_TOKENS = 2 ** 20;
/** What the calls of one function may take in an audit. */
export const AUDIT_LIMIT_SECONDS = 60;
/** The longest completion of `grpo generate` when nobody says how long, as far as the model's context allows. */
export const DEFAULT_MAX_TOKENS = 256;

/**
 * What a checkpoint is exported as: a Hugging Face folder with the adapter merged, PEFT's folder of the adapter, llama.cpp's file, or what TRL resumes
 * from.
 */
const EXPORT_FORMATS = ['merged', 'adapter', 'gguf', 'trl'] as const;

const runConfig = operand('RUN.grpo.json');
const device = choice('DEVICE', DEVICES, 'auto');
const fp16 = flag('compute in float16; requires device webgpu');
const json = flag('print JSON');
const python = text('FILE', 'the Python interpreter for .py rewards, if the config does not set one');

/** What is scored, and with what. */
const rewards = operands('RUN.grpo.json | REWARD_FILE[#function]...', 'RUN.grpo.json or REWARD_FILE');
const scored = {
  samples: text(
    'FILE',
    'the samples: JSON Lines with prompt and completion',
    "the config's, or those of the same name",
  ),
  env: list('NAME', 'pass this environment variable to the rewards, like "rewardEnv" in a config'),
  python,
};

/** `goesWith`: the option that asks for an audit, where that is not all a command does. */
const audited = (more: { goesWith?: string } = {}) => ({
  'fail-above': number(
    'SHARE',
    'exit with status 1 if a larger share (0 to 1) of the tricks passes or of the forms is missed, or a finding is more than a note',
    'never',
    { ...more, range: { least: 0, most: 1 } },
  ),
  'time-limit': number(
    'SECONDS',
    'give a function up when its calls in the audit have taken longer than this',
    String(AUDIT_LIMIT_SECONDS),
    { ...more, range: { least: 1, most: 86_400 } },
  ),
});

export const COMMANDS = {
  train: {
    help: 'train a model as described by a run config',
    operands: { config: runConfig },
    options: {
      set: list('path=value', 'override a field of the config'),
      out: text('DIR', 'the run folder', '.grpo/runs/<time>-<name> next to the config'),
      resume: flag('continue from the newest checkpoint of the run in --out, or of the latest run'),
      'as-recorded': flag('if settings or reward code have changed, use the recorded ones', {
        goesWith: 'resume',
      }),
      'with-changes': flag('if settings or reward code have changed, use the current ones and record the change', {
        goesWith: 'resume',
      }),
      rollouts: text('FILE', 'train on recorded completions instead of sampling'),
      json: flag('print one JSON event per line; logs go to stderr'),
    },
    either: [['as-recorded', 'with-changes']],
  },
  check: {
    help: 'take a few steps without training, and say what the run will be like and what is wrong with it',
    operands: { config: runConfig },
    options: {
      set: list('path=value', 'override a field of the config'),
      difficulty: flag('measure how often the model solves each training prompt, and write it to a file'),
      n: integer('N', 'completions per prompt', { least: 1, most: MOST_COMPLETIONS }, 8, { goesWith: 'difficulty' }),
      'solved-at': number('R', 'the lowest reward that counts as solved', 'the highest of all completions', {
        goesWith: 'difficulty',
      }),
      json,
    },
  },
  score: {
    help: 'score sample completions with reward functions',
    operands: { rewards },
    options: {
      ...scored,
      check: flag('for CI: print only failures and unmet expectations, and exit with status 1 if there are any'),
      audit: flag('audit the rewards too, as grpo audit does', { goesWith: 'check' }),
      ...audited({ goesWith: 'audit' }),
      json,
    },
  },
  audit: {
    help: 'try to earn rewards without the task, and honest answers in other forms; samples are as for grpo score',
    operands: { rewards },
    options: {
      ...scored,
      ...audited(),
      json: flag('print one JSON object'),
    },
  },
  data: {
    help: 'show what is in a dataset and how a model would see its prompts',
    operands: { files: operands('FILE | FOLDER | PATTERN | RUN.grpo.json...', 'FILE or RUN.grpo.json') },
    options: {
      model: text('MODEL', 'show the prompts as this model sees them, and count tokens', "the config's"),
      config: text('RUN.grpo.json', 'use the model, "prompt" and "columns" of this run config'),
      prompt: text('JSON|COLUMN', 'how a row becomes a prompt, as "prompt" in a run config', 'a proposal'),
      columns: text('JSON', 'further columns, as "columns" in a run config', 'a proposal'),
      rows: integer('N', 'look at the first N rows', { least: 1, most: 1_000_000 }, 2000),
      json: flag('print one JSON object'),
    },
  },
  generate: {
    help: 'sample completions',
    operands: { model: operand('MODEL') },
    options: {
      prompt: text('TEXT', 'a single prompt'),
      prompts: text('FILE', 'the prompts: JSON Lines with prompt or prompt_ids'),
      n: integer('N', 'completions per prompt', { least: 1, most: MOST_COMPLETIONS }, 1),
      greedy: flag('always pick the most likely token'),
      'max-tokens': optionalInteger(
        'N',
        'maximum completion length in tokens',
        { least: 1, most: MOST_TOKENS },
        `${DEFAULT_MAX_TOKENS}, or what fits into the model's context`,
      ),
      seed: integer('S', 'random seed', { least: 0 }, 42),
      device,
      fp16,
      json: flag('print one JSON object per completion'),
    },
    oneOf: ['prompt', 'prompts'],
  },
  chat: {
    help: 'talk to a checkpoint of a run, or to a model',
    operands: { model: operand('RUN_DIR|CHECKPOINT|MODEL') },
    options: {
      step: optionalInteger('N', "the run's checkpoint of this step", { least: 1 }, 'the newest one'),
      base: flag("let the run's start model answer too"),
      score: flag("score answers with the run's reward functions"),
      prompt: text('TEXT', 'ask only this; without it, each line that is typed is asked'),
      temperature: number('T', 'divide logits by this before drawing; 0 always picks the most likely token', '0'),
      'max-tokens': optionalInteger(
        'N',
        'maximum answer length in tokens',
        { least: 1, most: MOST_TOKENS },
        `the run's maxCompletionLength, or ${DEFAULT_MAX_TOKENS}`,
      ),
      seed: integer('S', 'random seed', { least: 0 }, 42),
      device,
      fp16,
      json: flag('print one JSON object per answer'),
    },
  },
  samples: {
    help: "generate completions with a run config's model and add them to its samples",
    operands: { config: runConfig },
    options: {
      prompts: integer('M', 'number of prompts from the dataset', { least: 1 }, 4),
      n: integer('N', 'completions per prompt', { least: 1, most: MOST_COMPLETIONS }, 4),
      seed: optionalInteger('S', 'random seed for choosing prompts and sampling', { least: 0 }, "the config's"),
      out: text('FILE', 'the samples file', "the config's, or samples/NAME.samples.jsonl"),
      replace: flag('replace the samples that were generated before, except those with expectations'),
      json: flag('print the samples, one JSON object per line, instead of adding them to a file'),
    },
    either: [
      ['out', 'json'],
      ['replace', 'json'],
    ],
  },
  logprobs: {
    help: 'compute log-probabilities of given completions',
    operands: { model: operand('MODEL'), file: operand('FILE.jsonl') },
    options: { device, fp16, json: flag('print one JSON object per row') },
  },
  import: {
    help: 'make a run folder of what a GRPO training with TRL, verl or prime-rl has written, to look at it and rescore it',
    operands: { source: operand('OUTPUT_DIR') },
    options: {
      out: text('DIR', 'the run folder; one of the same training is brought up to date', '.grpo/runs/<program>-<name>'),
      config: text(
        'RUN.grpo.json',
        "score it with the rewards of this run config, and take the dataset's columns from it",
      ),
      follow: flag('read on while the training writes, until it is done'),
      json,
    },
  },
  'import checkpoint': {
    help: "make a run of a checkpoint that TRL's trainer has written, to continue its training here",
    operands: { checkpoint: operand('CHECKPOINT'), config: runConfig },
    options: {
      set: list('path=value', 'override a field of the config'),
      out: text('DIR', 'the run folder', '.grpo/runs/<time>-<name> next to the config'),
      json,
    },
  },
  rescore: {
    help: "re-score a run's recorded completions with the current reward code",
    operands: { run: operand('RUN_DIR') },
    options: {
      step: optionalInteger('N', 'only this step', { least: 1 }),
      steps: span('A-B', 'only these steps', 'all recorded steps'),
      'newest-first': flag('start with the newest step'),
      python,
      json: flag('print one JSON object per step, then a summary'),
    },
    either: [['step', 'steps']],
  },
  eval: {
    help: 'compute mean rewards on the evaluation dataset',
    operands: { config: runConfig },
    options: { checkpoint: text('DIR', 'the checkpoint to evaluate', "the config's model"), json },
  },
  export: {
    help: 'export a checkpoint for other programs: transformers, PEFT, llama.cpp, Ollama, TRL',
    operands: { source: operand('RUN_DIR | CHECKPOINT', 'RUN_DIR or CHECKPOINT') },
    options: {
      to: text('FOLDER|FILE.gguf', 'where to', 'beside the checkpoint, such as CHECKPOINT-merged'),
      format: optionalChoice(
        'FORMAT',
        EXPORT_FORMATS,
        'gguf for a name that ends in .gguf or with --type, else merged',
      ),
      type: optionalChoice('TYPE', ['f16', 'q8_0'], 'f16', "a .gguf file's matrices: "),
      step: optionalInteger('N', "the checkpoint of this step, for a run's folder", { least: 1 }, 'the newest'),
      json: flag('print one JSON object'),
    },
  },
  'export trl': {
    help: 'write a folder that trains a run config with TRL, on one machine or many, without this program',
    operands: { config: optionalOperand('RUN.grpo.json') },
    options: {
      out: text('DIR', 'the folder', 'NAME-trl'),
      set: list('path=value', 'override a field of the config'),
      callback: flag('write only grpo_lab.py, the callback that records any run of TRL for this program'),
      json: flag('print one JSON object'),
    },
  },
  records: {
    help: 'export what runs recorded: metrics, completions, TensorBoard, trackio',
    operands: { runs: operands('RUN_DIR...', 'RUN_DIR') },
    options: {
      metrics: text('FILE.csv', 'write the metrics of all steps as CSV'),
      completions: text('FILE.jsonl|FILE.parquet', 'write all completions, those of held-out prompts included'),
      steps: span('A-B', 'only completions of these steps', 'all recorded steps', { goesWith: 'completions' }),
      tensorboard: text('DIR', 'write event files for TensorBoard, in a folder for each run'),
      trackio: text('PROJECT', 'add the runs to a project of trackio, the Python package'),
      python: text('FILE', 'with --trackio: the Python interpreter that has it', 'python3'),
      label: list('TEXT', 'what to call a run, in the order of the runs, instead of its name'),
      json,
    },
  },
  report: {
    help: 'write a report of a run: one HTML file that opens anywhere',
    operands: { run: operand('RUN_DIR') },
    options: {
      out: text('FILE.html', 'the report', 'NAME-report.html'),
      label: text('TEXT', 'what to call the run', 'its name'),
      json,
    },
  },
  compare: {
    help: 'train the runs of an experiment, and compare its settings over their seeds',
    operands: { experiment: operand('NAME.experiment.json') },
    options: {
      jobs: integer('N', 'runs that are trained at a time', { least: 1, most: 64 }, 1),
      'table-only': flag('train nothing: compare the runs that are done'),
      set: list('path=value', 'override a field of the config in all runs'),
      out: text('DIR', 'where to write the page and its pictures', '.grpo/experiments/NAME next to the experiment'),
      json: flag('print one JSON object for each trained run, then the results'),
    },
    either: [['jobs', 'table-only']],
  },
  explain: {
    help: 'walk through GRPO with the numbers of one group',
    operands: { run: optionalOperand('RUN_DIR') },
    options: {
      step: optionalInteger('N', 'the step', { least: 1 }, 'the newest'),
      group: integer('G', 'the group, from 0', { least: 0 }, 0),
      demo: flag('a made-up group, without a run: eight responses to "2 + 3 = ?"'),
      json,
    },
    either: [
      ['demo', 'step'],
      ['demo', 'group'],
    ],
  },
  mcp: {
    help: 'serve tools for coding assistants (Model Context Protocol) on stdin and stdout',
    operands: {},
    options: {},
  },
  presets: {
    help: 'show the presets that a run config can name: settings of papers and courses, each with its source',
    operands: { name: optionalOperand('NAME') },
    options: { json },
  },
  bench: {
    help: 'time the phases of a training step',
    operands: { config: runConfig },
    options: { steps: integer('N', 'number of timed steps', { least: 1 }, 5), json },
  },
  'setup-tensorflow': {
    help: 'install the optional engine for device "tensorflow": tfjs-node, built against the TensorFlow of a Python environment',
    operands: {},
    options: {
      python: text('PATH', 'the interpreter of that environment', 'python3 or python'),
      prebuilt: flag('install tfjs-node-gpu with prebuilt binaries (TensorFlow 2.9, CUDA 11) instead'),
      into: text('DIR', 'where to install it', 'where every run looks for it'),
      json: flag('print one JSON object per stage'),
    },
    either: [['python', 'prebuilt']],
  },
  'setup-trl': {
    help: 'create a Python environment with TRL and PyTorch, for runs with backend "trl"',
    operands: {},
    options: {
      python: text('PATH', 'the interpreter to create it with, 3.11 or newer', 'the first on the PATH'),
      into: text('DIR', 'where to create it', 'where every run looks for it'),
      json: flag('print one JSON object per stage'),
    },
  },
  doctor: {
    help: 'show what works on this machine, and how to fix what does not; with a run folder, what is wrong with that run',
    operands: { run: optionalOperand('RUN_DIR') },
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
