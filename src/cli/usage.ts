/** One option as node:util's parseArgs takes it, with what the help says. */
export type Option =
  | { type: 'boolean'; help: string }
  | { type: 'string'; multiple?: true; placeholder: string; help: string };

interface CommandHelp {
  arguments: string;
  help: string;
  options: Record<string, Option>;
}

const text = (placeholder: string, help: string): Option => ({ type: 'string', placeholder, help });
const flag = (help: string): Option => ({ type: 'boolean', help });

export const COMMANDS = {
  train: {
    arguments: 'RUN.grpo.json',
    help: 'train a model as a run config says',
    options: {
      set: {
        type: 'string',
        multiple: true,
        placeholder: 'path=value',
        help: 'override a field of the config; may be repeated',
      },
      out: text('DIR', 'the run folder (default: .grpo/runs/<time>-<name> beside the config)'),
      resume: flag('continue from the newest checkpoint of the run in --out, or of the latest run'),
      'as-recorded': flag(
        "with --resume: with the settings and reward code that the run recorded, if today's are others",
      ),
      'with-changes': flag(
        "with --resume: with today's settings and reward code from here on; the run keeps note of it",
      ),
      rollouts: text('FILE', 'train on recorded completions instead of sampling'),
      json: flag('print one JSON event per line; logs go to stderr'),
    },
  },
  score: {
    arguments: 'RUN.grpo.json | REWARD_FILE[#function]...',
    help: 'try reward functions on sample completions',
    options: {
      samples: text(
        'FILE',
        'samples: JSON Lines with prompt and completion (default: those of the config, or of the same name)',
      ),
      env: {
        type: 'string',
        multiple: true,
        placeholder: 'NAME',
        help: 'an environment variable that the rewards get, as with "rewardEnv" in a config; may be repeated',
      },
      check: flag('only tell what fails or is not as expected, with exit status 1; for CI'),
      json: flag('print JSON'),
    },
  },
  generate: {
    arguments: 'MODEL',
    help: 'sample completions',
    options: {
      prompt: text('TEXT', 'one prompt'),
      prompts: text('FILE', 'prompts: JSON Lines with prompt or prompt_ids'),
      n: text('N', 'completions per prompt (default: 1)'),
      greedy: flag('always take the most likely token'),
      'max-tokens': text('N', "longest completion (default: 256, or what the model's context leaves)"),
      seed: text('S', 'seed of the sampling (default: 42)'),
      device: text('DEVICE', 'auto, cpu, webgpu or tensorflow (default: auto)'),
      fp16: flag('compute in float16, on a GPU through webgpu'),
      json: flag('print one JSON object per completion'),
    },
  },
  samples: {
    arguments: 'RUN.grpo.json',
    help: "add completions of a run config's model to its samples, to try rewards on",
    options: {
      prompts: text('M', 'prompts of the dataset (default: 4)'),
      n: text('N', 'completions per prompt (default: 4)'),
      seed: text('S', "seed of the choice of prompts and of the sampling (default: the config's)"),
      out: text('FILE', 'the samples file (default: the one of the config, or samples/NAME.samples.jsonl)'),
      json: flag('print the samples, one JSON object a line, instead of adding them to a file'),
    },
  },
  logprobs: {
    arguments: 'MODEL FILE.jsonl',
    help: 'log-probabilities of given completions',
    options: {
      device: text('DEVICE', 'auto, cpu, webgpu or tensorflow (default: auto)'),
      fp16: flag('compute in float16, on a GPU through webgpu'),
      json: flag('print one JSON object per row'),
    },
  },
  rescore: {
    arguments: 'RUN_DIR',
    help: "score a run's recorded completions again, with its rewards as they are now",
    options: {
      step: text('N', 'only this step'),
      steps: text('A-B', 'only these steps (default: all that were recorded)'),
      'newest-first': flag('begin with the newest step'),
      python: text('FILE', 'the interpreter for .py rewards, where the config names none'),
      json: flag('print one JSON object per step, then a summary'),
    },
  },
  eval: {
    arguments: 'RUN.grpo.json',
    help: 'mean rewards on the evaluation dataset',
    options: {
      checkpoint: text('DIR', 'the weights to evaluate (default: the start model)'),
      json: flag('print JSON'),
    },
  },
  merge: {
    arguments: 'CHECKPOINT',
    help: "merge a checkpoint's LoRA adapter into its base model",
    options: { out: text('DIR', 'the new model folder (default: CHECKPOINT-merged)') },
  },
  bench: {
    arguments: 'RUN.grpo.json',
    help: 'measure the phases of a training step',
    options: { steps: text('N', 'measured steps (default: 5)'), json: flag('print JSON') },
  },
  'setup-tensorflow': {
    arguments: '',
    help: 'get the optional engine for device "tensorflow": tfjs-node, built against the TensorFlow of a Python environment',
    options: {
      python: text('PATH', 'the interpreter of that environment (default: python3 or python)'),
      prebuilt: flag('take tfjs-node-gpu with binaries of its own (TensorFlow 2.9, CUDA 11) instead'),
      into: text('DIR', 'the folder that gets it, if not the one where every run looks for it'),
      json: flag('print one JSON object per part'),
    },
  },
  doctor: {
    arguments: '',
    help: 'what works on this machine, and how to get what does not',
    options: { json: flag('print JSON') },
  },
} satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof COMMANDS;

/** `[term, explanation]` rows as two aligned columns. */
function columns(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, help]) => `  ${term.padEnd(width)}  ${help}`).join('\n');
}

export function commandUsage(name: CommandName): string {
  const { arguments: operands, help, options }: CommandHelp = COMMANDS[name];
  const rows = Object.entries(options).map(([option, spec]): [string, string] => [
    `--${option}${spec.type === 'string' ? ` ${spec.placeholder}` : ''}`,
    spec.help,
  ]);
  return `Usage: ${['grpo', name, operands, '[options]'].filter(Boolean).join(' ')}\n${help}\n\n${columns(rows)}`;
}

export const GENERAL_USAGE = `Usage: grpo COMMAND ...

${columns(Object.entries(COMMANDS).map(([name, { arguments: operands, help }]) => [`${name} ${operands}`, help]))}

\`grpo COMMAND --help\` explains a command's options.`;
