import type { RunConfig } from '../protocol/run-config.ts';
import { trlOptions } from '../protocol/trl-config.ts';
import { ACCELERATE, accelerateConfig, FSDP, ZERO2, ZERO3 } from './accelerate-files.ts';
import { FSDP_FILE } from './options.ts';

/** Where the folder of a script has the accelerate config that its run asks for. */
const RUN_FILE = `${ACCELERATE}/run.yaml`;

/** How `train.py` is started as a config says. */
export interface Launch {
  /** What follows `python`. With one process it is the script alone. */
  args: string[];
  /** accelerate's config, if there is none of the user's, and its place in the folder. */
  file?: { path: string; text: string };
}

export function launch(config: RunConfig): Launch {
  const { processes, deepspeed, fsdp } = trlOptions(config);
  const accelerate = (path: string): string[] => [
    ...['-m', 'accelerate.commands.launch', '--config_file', path, '--num_processes', String(processes)],
    // Any that is free: several runs may train at the same time.
    ...['--main_process_port', '0', 'train.py'],
  ];
  if (typeof fsdp === 'string') return { args: accelerate(FSDP_FILE) };
  const divided = fsdp ? FSDP : deepspeed === 'zero2' ? ZERO2 : deepspeed === 'zero3' ? ZERO3 : undefined;
  if (divided)
    return {
      args: accelerate(RUN_FILE),
      // The script says which number format: there it is known whether there is a GPU.
      file: { path: RUN_FILE, text: accelerateConfig(divided, { processes, precision: '"no"' }) },
    };
  // DeepSpeed needs a launcher for one process, too.
  if (processes === 1 && deepspeed === null) return { args: ['train.py'] };
  return { args: ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', String(processes), 'train.py'] };
}
