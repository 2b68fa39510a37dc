import { basename } from 'node:path';
import type { RunConfig } from '../protocol/run-config.ts';
import { trlOptions } from '../protocol/trl-config.ts';
import { trlBatches } from './batches.ts';
import { deviceArgs, gpuFields, quantizationArgs } from './options.ts';
import { PythonCode, type PythonValue, python } from './python-value.ts';
import { loraArgs, type ScriptRewards } from './rewards.ts';

export interface ScriptParts {
  name: string;
  configFile: string;
  /** With the steps that it comes to. */
  config: RunConfig;
  rewards: ScriptRewards;
  /** What the fields of the config and the evaluation come to, by GRPOConfig's names. */
  args: Record<string, PythonValue>;
  /** Held-out prompts were exported. */
  evaluates: boolean;
  /** `model`, where it was copied into the folder, else its path. */
  model: string;
  copied: boolean;
  /** Of a run that we start and watch: where our Python modules are, and what to continue from. */
  run?: { modules: string; checkpoint: string | null };
}

/** `train.py`, as a user of TRL would have written it. */
export function trainScript(parts: ScriptParts): string {
  const { config, rewards, evaluates, run } = parts;
  const lora = loraArgs(config);
  const quantization = quantizationArgs(config);
  const watched = run && [
    'import gc',
    'import os',
    'import sys',
    '',
    `sys.path.insert(0, ${python(run.modules)})`,
    'import grpo_lab_host',
  ];
  const standard = watched ?? ['import gc', 'import os', ...rewards.imports.filter((line) => line === 'import sys')];
  const theirs = [
    'import torch',
    'from datasets import load_dataset',
    ...(lora ? ['from peft import LoraConfig'] : []),
    ...(quantization ? ['from transformers import BitsAndBytesConfig'] : []),
    ...(run ? ['from transformers import PrinterCallback'] : []),
    'from trl import GRPOConfig, GRPOTrainer',
    ...rewards.imports.filter((line) => line.startsWith('from trl')),
  ];
  const ours = [
    'from grpo_lab import GRPOLabCallback',
    ...rewards.imports.filter((line) => line.startsWith('from grpo_lab')),
  ];
  const batches = divided(config);
  const files = { train: 'data/train.jsonl', ...(evaluates && { eval: 'data/eval.jsonl' }) };
  const sections = [
    [
      ...(run
        ? [`"""Trains ${parts.name} with TRL's GRPOTrainer. GRPO Lab has written this for the run, and starts it."""`]
        : [
            `"""Trains ${parts.name} with TRL's GRPOTrainer: \`python train.py\`, or \`accelerate launch\` on several GPUs (README.md).`,
            '',
            `Written by \`grpo export trl\` from ${basename(parts.configFile)}.`,
            '"""',
          ]),
    ],
    standard,
    [
      '# What is imported stays: looking for garbage among it, again and again, is a fifth of the time that importing takes.',
      'gc.disable()',
    ],
    theirs,
    ours,
    ['gc.freeze()', 'gc.enable()'],
    ['os.chdir(os.path.dirname(os.path.abspath(__file__)))'],
    needsGpu(gpuFields(config)),
    batches.setup,
    [`data = load_dataset("json", data_files=${python(files)})`],
    rewards.setup,
    ...(lora ? [call('peft_config = LoraConfig', lora)] : []),
    ...(quantization ? [call('quantization_config = BitsAndBytesConfig', quantization)] : []),
    call('args = GRPOConfig', {
      output_dir: 'output',
      ...batches.args,
      max_steps: config.maxSteps * trlBatches(config).updatesPerStep,
      // What it prints goes to a log, unless "trl.args" says otherwise.
      ...(run && { disable_tqdm: true }),
      ...parts.args,
      ...(rewards.weights && { reward_weights: rewards.weights }),
      logging_steps: 1,
      // Other programs get the metrics from us.
      ...(run && { report_to: 'none' }),
      ...deviceArgs(config),
    }),
    call('trainer = GRPOTrainer', {
      model: new PythonCode(
        parts.copied || run ? python(parts.model) : `os.environ.get("MODEL", ${python(parts.model)})`,
      ),
      reward_funcs: new PythonCode(rewards.list),
      args: new PythonCode('args'),
      train_dataset: new PythonCode('data["train"]'),
      ...(evaluates && { eval_dataset: new PythonCode('data["eval"]') }),
      ...(quantization && { quantization_config: new PythonCode('quantization_config') }),
      ...(lora && { peft_config: new PythonCode('peft_config') }),
      callbacks: new PythonCode('[GRPOLabCallback(config="grpo-lab.json")]'),
    }),
    run
      ? [
          'trainer.remove_callback(PrinterCallback)',
          `trainer.train(resume_from_checkpoint=${run.checkpoint === null ? 'None' : python(run.checkpoint)})`,
        ]
      : [
          '# RESUME=1 continues from the newest checkpoint in "output".',
          'trainer.train(resume_from_checkpoint=os.environ.get("RESUME") == "1")',
          'trainer.save_model("output/final")',
        ],
  ];
  const text = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n').trimEnd())
    .join('\n\n');
  return `${text}\n`;
}

/** The completions of a step, divided among as many processes as there are, and among what each of them learns from at once. */
function divided(config: RunConfig): { setup: string[]; args: Record<string, PythonValue> } {
  const { completions, microBatch, gradientAccumulationSteps, stepsPerGeneration } = trlBatches(config);
  const { numMiniBatches } = config;
  const size = trlOptions(config).perDeviceTrainBatchSize;
  const step = `# A step: ${config.promptsPerStep} prompts × ${config.numGenerations} completions, divided among the processes`;
  const processes = 'processes = int(os.environ.get("WORLD_SIZE", 1))';
  const refuse = (count: number, each: string) =>
    `    raise SystemExit(f"${count} completions cannot be divided evenly among {processes} processes${each}; start with another number of them.")`;
  if (size === null) {
    const share = stepsPerGeneration === 1 ? 'processes' : `(${stepsPerGeneration} * processes)`;
    return {
      setup: [`${step}.`, processes, `if ${microBatch} % processes != 0:`, refuse(microBatch, '')],
      args: {
        per_device_train_batch_size: new PythonCode(`${completions} // ${share}`),
        ...(gradientAccumulationSteps !== 1 && { gradient_accumulation_steps: gradientAccumulationSteps }),
        ...(numMiniBatches !== 1 && { steps_per_generation: stepsPerGeneration }),
      },
    };
  }
  return {
    setup: [
      `${step}, each of which learns from ${size} at once.`,
      processes,
      `if ${microBatch} % (${size} * processes) != 0:`,
      refuse(microBatch, `, ${size} at once`),
      `accumulated = ${microBatch} // (${size} * processes)`,
    ],
    args: {
      per_device_train_batch_size: size,
      gradient_accumulation_steps: new PythonCode('accumulated'),
      ...(numMiniBatches !== 1 && { steps_per_generation: new PythonCode(`${numMiniBatches} * accumulated`) }),
    },
  };
}

/** Ends the script with one sentence where there is no GPU for what needs one. */
function needsGpu(fields: readonly string[]): string[] {
  if (fields.length === 0) return [];
  const list = new Intl.ListFormat('en', { type: 'conjunction' }).format(fields);
  const needs = `${list} in the run config ${fields.length === 1 ? 'needs' : 'need'} a GPU, and PyTorch finds none.`;
  return ['if not torch.cuda.is_available():', `    raise SystemExit(${python(needs)})`];
}

const call = (head: string, args: Record<string, PythonValue>): string[] => [
  `${head}(`,
  ...Object.entries(args).map(([name, value]) => `    ${name}=${python(value)},`),
  ')',
];
