/** The files around an exported `train.py`: how to start it on one GPU, on many, and on several machines. */

/** What the exported folder was checked with; test/references/requirements.txt has the same. */
const PACKAGES = [
  'torch==2.15.0',
  'transformers==5.23.0',
  'trl==1.16.0',
  'accelerate==1.15.0',
  'datasets==5.2.0',
] as const;
const PEFT = 'peft==0.21.2';

export const requirements = (lora: boolean): string => `${[...PACKAGES, ...(lora ? [PEFT] : [])].join('\n')}\n`;

const GPUS = 8;

const accelerate = (lines: string[], processes = GPUS, machines = 1): string =>
  `${[
    'compute_environment: LOCAL_MACHINE',
    'main_training_function: main',
    'machine_rank: 0',
    `num_machines: ${machines}`,
    `num_processes: ${processes}`,
    'rdzv_backend: static',
    'same_network: true',
    'use_cpu: false',
    ...lines,
  ].join('\n')}\n`;

const FSDP = [
  'distributed_type: FSDP',
  'mixed_precision: bf16',
  'fsdp_config:',
  '  fsdp_version: 2',
  '  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP',
  '  fsdp_reshard_after_forward: true',
  '  fsdp_cpu_ram_efficient_loading: true',
  '  fsdp_offload_params: false',
  '  fsdp_state_dict_type: FULL_STATE_DICT',
];

const ZERO3 = [
  'distributed_type: DEEPSPEED',
  'mixed_precision: bf16',
  'deepspeed_config:',
  '  deepspeed_multinode_launcher: standard',
  '  offload_optimizer_device: none',
  '  offload_param_device: none',
  '  zero3_init_flag: true',
  '  zero3_save_16bit_model: true',
  '  zero_stage: 3',
];

export const accelerateFiles: Record<string, string> = {
  'one-gpu.yaml': accelerate(['distributed_type: "NO"', 'mixed_precision: bf16'], 1),
  'fsdp.yaml': accelerate(FSDP),
  'deepspeed-zero3.yaml': accelerate(ZERO3),
  'several-nodes.yaml': accelerate(FSDP, 2 * GPUS, 2),
};

export const slurmScript = (name: string): string => `#!/bin/bash
#SBATCH --job-name=${name.replaceAll(/[^\w.-]/g, '-')}
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=${GPUS}
#SBATCH --cpus-per-task=64
#SBATCH --time=24:00:00
#SBATCH --output=slurm-%j.log
set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
source .venv/bin/activate

GPUS_PER_NODE=${GPUS}
HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export HEAD GPUS_PER_NODE

# One launcher on each node; it starts a process for each GPU.
srun bash -c 'accelerate launch \\
  --config_file accelerate/several-nodes.yaml \\
  --num_machines "$SLURM_NNODES" \\
  --num_processes "$((SLURM_NNODES * GPUS_PER_NODE))" \\
  --machine_rank "$SLURM_NODEID" \\
  --main_process_ip "$HEAD" \\
  --main_process_port 29500 \\
  train.py'
`;

interface ReadmeParts {
  name: string;
  typescript: boolean;
  copied: boolean;
  model: string;
  notes: readonly string[];
}

export const readme = ({ name, typescript, copied, model, notes }: ReadmeParts): string => `# ${name}, with TRL

\`\`\`
python -m venv .venv && .venv/bin/pip install -r requirements.txt
.venv/bin/python train.py
.venv/bin/accelerate launch --config_file accelerate/fsdp.yaml train.py
\`\`\`

The second command trains on one GPU, or on the CPU; the third on the 8 GPUs of a machine (\`--num_processes N\` for another number). \`accelerate/\` also
has DeepSpeed ZeRO-3 (\`pip install deepspeed\`) and several nodes; \`sbatch slurm.sh\` starts two nodes under Slurm. Without a GPU, two processes:
\`.venv/bin/torchrun --nproc-per-node 2 train.py\`. \`RESUME=1\` in the environment continues from the newest checkpoint in \`output/\`.
${typescript ? '\nThe rewards are TypeScript: each machine needs Node 20 or newer. `rewards/` has them bundled; `worker/` runs them.\n' : ''}${
  copied
    ? ''
    : `\nThe model is not in this folder: \`MODEL\` in the environment names it, a folder or a name on the Hugging Face Hub; without it, it is ${model}.\n`
}
Everything that is sampled, scored and learned is recorded in \`.grpo/runs/<time>-${name}/\`. GRPO Lab shows it while it trains, from a shared
disk, or copied home into \`.grpo/runs/\` next to the run config; \`grpo report\`, \`grpo explain\` and \`grpo rescore\` take the folder.
${notes.length > 0 ? `\n## What is not the same\n\n${notes.map((note) => `- ${note}`).join('\n')}\n` : ''}`;
