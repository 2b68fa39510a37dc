import { basename } from 'node:path';
import type { RunConfig } from '../protocol/run-config.ts';
import { trlBatches } from './batches.ts';
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
}

/** `train.py`, as a user of TRL would have written it. */
export function trainScript(parts: ScriptParts): string {
  const { config, rewards, evaluates } = parts;
  const lora = loraArgs(config);
  const { completions, microBatch, gradientAccumulationSteps, stepsPerGeneration } = trlBatches(config);
  const standard = ['import os', ...rewards.imports.filter((line) => line === 'import sys')];
  const theirs = [
    'import torch',
    'from datasets import load_dataset',
    ...(lora ? ['from peft import LoraConfig'] : []),
    'from trl import GRPOConfig, GRPOTrainer',
    ...rewards.imports.filter((line) => line.startsWith('from trl')),
  ];
  const ours = [
    'from grpo_lab import GRPOLabCallback',
    ...rewards.imports.filter((line) => line.startsWith('from grpo_lab')),
  ];
  const share = stepsPerGeneration === 1 ? 'processes' : `(${stepsPerGeneration} * processes)`;
  const files = { train: 'data/train.jsonl', ...(evaluates && { eval: 'data/eval.jsonl' }) };
  const sections = [
    [
      `"""Trains ${parts.name} with TRL's GRPOTrainer: \`python train.py\`, or \`accelerate launch\` on several GPUs (README.md).`,
      '',
      `Written by \`grpo export trl\` from ${basename(parts.configFile)}.`,
      '"""',
    ],
    standard,
    theirs,
    ours,
    ['os.chdir(os.path.dirname(os.path.abspath(__file__)))'],
    [
      `# A step: ${config.promptsPerStep} prompts × ${config.numGenerations} completions, divided among the processes.`,
      'processes = int(os.environ.get("WORLD_SIZE", 1))',
      `if ${microBatch} % processes != 0:`,
      `    raise SystemExit(f"${microBatch} completions cannot be divided evenly among {processes} processes; start with another number of them.")`,
    ],
    [`data = load_dataset("json", data_files=${python(files)})`],
    rewards.setup,
    ...(lora ? [call('peft_config = LoraConfig', lora)] : []),
    call('args = GRPOConfig', {
      output_dir: 'output',
      per_device_train_batch_size: new PythonCode(`${completions} // ${share}`),
      ...(gradientAccumulationSteps !== 1 && { gradient_accumulation_steps: gradientAccumulationSteps }),
      ...(config.numMiniBatches !== 1 && { steps_per_generation: stepsPerGeneration }),
      max_steps: config.maxSteps * trlBatches(config).updatesPerStep,
      ...parts.args,
      ...(rewards.weights && { reward_weights: rewards.weights }),
      logging_steps: 1,
      // Otherwise accelerate would not see the other processes on a CPU.
      use_cpu: new PythonCode('not torch.accelerator.is_available()'),
      // TRL's default would be bfloat16 on a CPU, too.
      ...(!config.fp16 && { bf16: new PythonCode('torch.cuda.is_available()') }),
    }),
    call('trainer = GRPOTrainer', {
      model: new PythonCode(parts.copied ? python(parts.model) : `os.environ.get("MODEL", ${python(parts.model)})`),
      reward_funcs: new PythonCode(rewards.list),
      args: new PythonCode('args'),
      train_dataset: new PythonCode('data["train"]'),
      ...(evaluates && { eval_dataset: new PythonCode('data["eval"]') }),
      ...(lora && { peft_config: new PythonCode('peft_config') }),
      callbacks: new PythonCode('[GRPOLabCallback(config="grpo-lab.json")]'),
    }),
    [
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

const call = (head: string, args: Record<string, PythonValue>): string[] => [
  `${head}(`,
  ...Object.entries(args).map(([name, value]) => `    ${name}=${python(value)},`),
  ')',
];
