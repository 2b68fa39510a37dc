import { BadUsage } from '../protocol/errors.ts';
import { DEVICES, type Device } from '../protocol/run-config.ts';
import { DIFFERENCE_CHOICES, type DifferenceChoice } from '../protocol/run-differences.ts';
import { didYouMean } from '../text/nearest-name.ts';
import { Arguments } from './arguments.ts';
import { COMMANDS, type CommandName, commandUsage, GENERAL_USAGE } from './usage.ts';

/** Completions of one prompt, and tokens of one completion: beyond, they are a slip of the keyboard. */
const MOST_COMPLETIONS = 2 ** 16;
const MOST_TOKENS = 2 ** 20;

/** What the user asked for. Files are as typed, relative to the working directory. */
export type Command =
  | {
      command: 'train';
      config: string;
      set: string[];
      out?: string;
      resume: boolean;
      /** Of a run that was recorded with other settings than today's. */
      differences?: DifferenceChoice;
      rollouts?: string;
      json: boolean;
    }
  /** `rewards` is one run config, or reward files. */
  | { command: 'score'; rewards: string[]; samples?: string; env: string[]; check: boolean; json: boolean }
  | {
      command: 'generate';
      model: string;
      /** Exactly one of the two is there. */
      prompt?: string;
      prompts?: string;
      n: number;
      greedy: boolean;
      /** Undefined: as many as the command finds sensible. */
      maxTokens?: number;
      seed: number;
      /** Undefined: auto. */
      device?: Device;
      fp16: boolean;
      json: boolean;
    }
  | {
      command: 'samples';
      config: string;
      prompts: number;
      n: number;
      /** Undefined: the config's. */
      seed?: number;
      out?: string;
      json: boolean;
    }
  | { command: 'logprobs'; model: string; file: string; device?: Device; fp16: boolean; json: boolean }
  | {
      command: 'rescore';
      run: string;
      /** The first and the last step; undefined: all that were recorded. */
      steps?: { from: number; to: number };
      newestFirst: boolean;
      python?: string;
      json: boolean;
    }
  | { command: 'eval'; config: string; checkpoint?: string; json: boolean }
  | { command: 'merge'; checkpoint: string; out?: string }
  | { command: 'bench'; config: string; steps: number; json: boolean }
  | { command: 'setup-tensorflow'; python?: string; prebuilt: boolean; into?: string; json: boolean }
  | { command: 'doctor'; json: boolean }
  | { command: 'help'; text: string }
  | { command: 'version' };

/** The arguments of one command. */
export type CommandOf<Name extends CommandName> = Extract<Command, { command: Name }>;

/** Reads the arguments behind `grpo`. Throws BadUsage for what it does not know. */
export function parseCommand(args: readonly string[]): Command {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') return { command: 'version' };
  if (name === undefined || name === 'help' || name === '--help' || name === '-h')
    return { command: 'help', text: isCommand(rest[0]) ? commandUsage(rest[0]) : GENERAL_USAGE };
  if (!isCommand(name)) {
    const hint = didYouMean(name, Object.keys(COMMANDS));
    throw new BadUsage(`There is no command "${name}".${hint}`, GENERAL_USAGE);
  }
  if (rest.includes('--help') || rest.includes('-h')) return { command: 'help', text: commandUsage(name) };
  return READERS[name](new Arguments(name, rest));
}

const READERS: { [Name in CommandName]: (args: Arguments) => Command } = {
  train: (args) => ({
    command: 'train',
    config: args.only('RUN.grpo.json'),
    set: args.all('set'),
    ...args.optional('out'),
    resume: args.flag('resume'),
    ...differenceChoice(args),
    ...args.optional('rollouts'),
    json: args.flag('json'),
  }),
  score: (args) => ({
    command: 'score',
    rewards: args.oneOrMore('RUN.grpo.json or REWARD_FILE'),
    ...args.optional('samples'),
    env: args.all('env'),
    check: args.flag('check'),
    json: args.flag('json'),
  }),
  generate: (args) => {
    const model = args.only('MODEL');
    const given = ['prompt', 'prompts'].filter((option) => args.text(option) !== undefined);
    if (given.length !== 1) args.fail('Give either --prompt TEXT or --prompts FILE.');
    return {
      command: 'generate',
      model,
      ...args.optional('prompt'),
      ...args.optional('prompts'),
      n: args.integer('n', 1, 1, MOST_COMPLETIONS),
      greedy: args.flag('greedy'),
      ...(args.text('max-tokens') !== undefined && { maxTokens: args.integer('max-tokens', 1, 1, MOST_TOKENS) }),
      seed: args.integer('seed', 0, 42),
      ...args.choice('device', DEVICES),
      fp16: args.flag('fp16'),
      json: args.flag('json'),
    };
  },
  samples: (args) => {
    if (args.flag('json') && args.flag('out')) args.fail('Give either --out FILE or --json.');
    return {
      command: 'samples',
      config: args.only('RUN.grpo.json'),
      prompts: args.integer('prompts', 1, 4),
      n: args.integer('n', 1, 4, MOST_COMPLETIONS),
      ...(args.text('seed') !== undefined && { seed: args.integer('seed', 0, 0) }),
      ...args.optional('out'),
      json: args.flag('json'),
    };
  },
  logprobs: (args) => {
    const [model, file] = args.exactly('MODEL', 'FILE.jsonl');
    return {
      command: 'logprobs',
      model: model!,
      file: file!,
      ...args.choice('device', DEVICES),
      fp16: args.flag('fp16'),
      json: args.flag('json'),
    };
  },
  rescore: (args) => ({
    command: 'rescore',
    run: args.only('RUN_DIR'),
    ...stepRange(args),
    newestFirst: args.flag('newest-first'),
    ...args.optional('python'),
    json: args.flag('json'),
  }),
  eval: (args) => ({
    command: 'eval',
    config: args.only('RUN.grpo.json'),
    ...args.optional('checkpoint'),
    json: args.flag('json'),
  }),
  merge: (args) => ({ command: 'merge', checkpoint: args.only('CHECKPOINT'), ...args.optional('out') }),
  bench: (args) => ({
    command: 'bench',
    config: args.only('RUN.grpo.json'),
    steps: args.integer('steps', 1, 5),
    json: args.flag('json'),
  }),
  'setup-tensorflow': (args) => {
    args.exactly();
    if (args.flag('python') && args.flag('prebuilt')) args.fail('Give either --python PATH or --prebuilt.');
    return {
      command: 'setup-tensorflow',
      ...args.optional('python'),
      prebuilt: args.flag('prebuilt'),
      ...args.optional('into'),
      json: args.flag('json'),
    };
  },
  doctor: (args) => {
    args.exactly();
    return { command: 'doctor', json: args.flag('json') };
  },
};

/** `--as-recorded` or `--with-changes`, where a run is resumed. */
function differenceChoice(args: Arguments): { differences?: DifferenceChoice } {
  const [choice, other] = DIFFERENCE_CHOICES.filter((name) => args.flag(name));
  if (choice === undefined) return {};
  if (other !== undefined) args.fail(`Give either --${choice} or --${other}.`);
  if (!args.flag('resume')) args.fail(`--${choice} says how to resume a run: it goes with --resume.`);
  return { differences: choice };
}

/** `--step N` or `--steps A-B`. */
function stepRange(args: Arguments): { steps?: { from: number; to: number } } {
  const range = args.text('steps');
  if (args.text('step') !== undefined) {
    if (range !== undefined) args.fail('Give either --step N or --steps A-B.');
    const step = args.integer('step', 1, 1);
    return { steps: { from: step, to: step } };
  }
  if (range === undefined) return {};
  const [from, to] = (/^(\d+)-(\d+)$/.exec(range) ?? []).slice(1).map(Number);
  if (from === undefined || to === undefined || to < from)
    return args.fail(`--steps must be a first and a last step, such as 10-20, not "${range}".`);
  return { steps: { from, to } };
}

const isCommand = (name: string | undefined): name is CommandName =>
  name !== undefined && Object.hasOwn(COMMANDS, name);
