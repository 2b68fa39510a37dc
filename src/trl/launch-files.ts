import type { RunConfig } from '../protocol/run-config.ts';
import { trlOptions } from '../protocol/trl-config.ts';
import { GPUS } from './accelerate-files.ts';
import { launch } from './launch.ts';
import { gpuFields } from './options.ts';

/** The files around an exported `train.py`: how to start it on one GPU, on many, and on several machines. */

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
  config: RunConfig;
  typescript: boolean;
  copied: boolean;
  model: string;
  notes: readonly string[];
}

export const readme = ({ name, config, typescript, copied, model, notes }: ReadmeParts): string => `# ${name}, with TRL

\`\`\`
python -m venv .venv && .venv/bin/pip install -r requirements.txt
${commands(config)}
${typescript ? '\nThe rewards are TypeScript: each machine needs Node 20 or newer. `rewards/` has them bundled; `worker/` runs them.\n' : ''}${
  copied
    ? ''
    : `\nThe model is not in this folder: \`MODEL\` in the environment names it, a folder or a name on the Hugging Face Hub; without it, it is ${model}.\n`
}${options(config, model)}
Everything that is sampled, scored and learned is recorded in \`.grpo/runs/<time>-${name}/\`. GRPO Lab shows it while it trains, from a shared
disk, or copied home into \`.grpo/runs/\` next to the run config; \`grpo report\`, \`grpo explain\` and \`grpo rescore\` take the folder.
${notes.length > 0 ? `\n## What is not the same\n\n${notes.map((note) => `- ${note}`).join('\n')}\n` : ''}`;

/** The commands that train, and what they do. */
function commands(config: RunConfig): string {
  const asked = launch(config).args;
  const { processes } = trlOptions(config);
  const [command, trains] =
    asked.length > 1
      ? [
          `.venv/bin/python ${asked.join(' ')}`,
          `The second command trains as the run config says (\`trl\`), in ${processes === 1 ? 'one process' : `${processes} processes`}.`,
        ]
      : [
          `.venv/bin/python train.py
.venv/bin/accelerate launch --config_file accelerate/fsdp.yaml train.py`,
          `The second command trains on one GPU, or on the CPU; the third on the ${GPUS} GPUs of a machine (\`--num_processes N\` for another number).`,
        ];
  const withoutGpu =
    asked.length === 1 && gpuFields(config).length === 0
      ? '\nWithout a GPU, two processes: `.venv/bin/torchrun --nproc-per-node 2 train.py`.'
      : '';
  return `${command}
\`\`\`

${trains}
\`accelerate/\` also has DeepSpeed ZeRO-3 (\`pip install deepspeed\`) and several nodes; \`sbatch slurm.sh\` starts two nodes under Slurm.${withoutGpu}
\`RESUME=1\` in the environment continues from the newest checkpoint in \`output/\`.`;
}

/** What to install or start for some of TRL's options. */
function options(config: RunConfig, model: string): string {
  const { vllm, attnImplementation } = trlOptions(config);
  const flash = attnImplementation === 'flash_attention_2';
  return [
    ...(flash
      ? ['\nFlash attention is built for the PyTorch that is there: `pip install flash-attn --no-build-isolation`.\n']
      : []),
    ...(vllm?.mode === 'server'
      ? [
          `
Start vLLM's server before the training, on GPUs of its own; it gets the trained weights after each update:

\`\`\`
VLLM_SERVER_DEV_MODE=1 vllm serve ${model} --port ${vllm.serverPort} --weight-transfer-config '{"backend": "nccl"}' \\
  --logprobs-mode processed_logprobs --max-logprobs -1 --enable-scale-out
\`\`\`
`,
        ]
      : []),
  ].join('');
}
